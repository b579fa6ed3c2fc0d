"""Zips are unpacked only where that is safe."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from radiobundle.bundles.unpack import unpacked


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "C:/evil.txt"])
def test_zip_that_climbs_out_is_refused(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as file:
        file.writestr(name, "evil")
    with pytest.raises(ValueError, match="refused"), unpacked(tmp_path / "evil.zip"):
        pass


def bomb(path: Path, *, bytes_each: int, files: int = 1) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(files):
            file.writestr(f"b/models/{number}.bin", bytes(bytes_each))
    return path


def test_zip_bomb_is_refused_with_both_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bomb(tmp_path / "bomb.zip", bytes_each=3_000_000, files=3)
    monkeypatch.setattr("radiobundle.bundles.unpack._ALWAYS_ALLOWED", 1_000_000)
    with (
        pytest.raises(ValueError, match=r"would unpack to 9,000,000 bytes; a zip of [\d,]+ bytes may unpack to"),
        unpacked(path),
    ):
        pass


def test_zip_that_the_disk_cannot_hold_is_refused_with_both_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bomb(tmp_path / "large.zip", bytes_each=1000)
    monkeypatch.setattr("radiobundle.bundles.unpack.FREE_TO_LEAVE", 2**60)
    with pytest.raises(ValueError, match=r"needs 1,000 bytes in .* where 0 may be used"), unpacked(path):
        pass


def test_zip_with_one_name_twice_or_several_bundles_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("b/configs/metadata.json", "{}")
        file.writestr("b/configs/metadata.json", "{}")
    with pytest.raises(ValueError, match="twice"), unpacked(tmp_path / "twice.zip"):
        pass
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as file:
        file.writestr("a/configs/metadata.json", "{}")
        file.writestr("b/configs/metadata.json", "{}")
    with pytest.raises(ValueError, match=r"several bundles \(a, b\)"), unpacked(tmp_path / "two.zip"):
        pass


def test_zip_without_a_bundle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with pytest.raises(ValueError, match="not a readable zip"), unpacked(tmp_path / "broken.zip"):
        pass
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        file.writestr("notes.txt", "nothing")
    with pytest.raises(ValueError, match="does not hold a bundle"), unpacked(tmp_path / "other.zip"):
        pass
