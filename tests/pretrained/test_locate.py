"""The file of registered weights is found where its entry says, and its hash is compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from radiobundle.files import file_sha256
from radiobundle.pretrained.entry import WeightsEntry, WeightsError, parse_entry
from radiobundle.pretrained.locate import is_here, locate
from weights_cases import ENTRY


def local(folder: Path, **changes: object) -> WeightsEntry:
    return replace(parse_entry(ENTRY, folder / "mine.json"), **changes)  # type: ignore[arg-type]


def test_a_file_beside_its_entry(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"mine: its file .*net\.pt is missing"):
        locate(local(tmp_path))
    (tmp_path / "net.pt").write_bytes(b"weights")
    sha256 = file_sha256(tmp_path / "net.pt")
    assert is_here(local(tmp_path)) and locate(local(tmp_path, sha256=sha256[:12])) == tmp_path / "net.pt"
    with pytest.raises(WeightsError, match=f"begins with {sha256[:8]} instead of 00000000"):
        locate(local(tmp_path, sha256="00000000"))


def test_a_package_that_is_not_installed_is_named(tmp_path: Path) -> None:
    entry = local(tmp_path, source={"package": "no-such-package-of-weights", "file": "net.pt"})
    assert not is_here(entry)
    with pytest.raises(WeightsError, match=r"`pip install no-such-package-of-weights` \(offline: `pip download"):
        locate(entry)


def test_a_file_of_an_installed_package(tmp_path: Path) -> None:
    entry = local(tmp_path, source={"package": "pytest", "file": "pytest/py.typed"})
    assert locate(entry).name == "py.typed" and is_here(entry)
