"""Full pixels and thumbnails: of the files, else of the store, else none, and all that is said."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from image_files import STORED, make_dicom
from radiobundle import files
from radiobundle.images.kept import KeptPixels
from radiobundle.images.reader import RadiographReader
from radiobundle.images.store import ImageStore
from radiobundle.viewing import pixels
from radiobundle.viewing.pixels import Images
from radiobundle.viewing.sheets import PER_SHEET
from viewing_cases import Count, inflated, read_script


def save(path: Path, shape: tuple[int, ...], dtype: type = np.uint8) -> Path:
    Image.fromarray(np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape).astype(dtype)).save(path)
    return path


def written(images: Images, folder: Path) -> dict[int, dict]:
    progress = Count()
    images.write(folder, progress)
    assert progress.total == len(images.paths)
    found = {}
    for path in sorted((folder / "pixels").rglob("*.js")):
        key, value = read_script(path)
        assert key == f"pixels/{int(path.stem)}"
        found[int(path.stem)] = value
    return found


def test_any_image_keeps_its_pixels(tmp_path: Path) -> None:
    pytest.importorskip("pydicom")
    paths = [
        save(tmp_path / "odd.png", (33, 7)),
        save(tmp_path / "colour.png", (10, 12, 3)),
        save(tmp_path / "deep.png", (9, 9), np.uint16),
        make_dicom(tmp_path / "a.dcm", WindowCenter=400, WindowWidth=300),
    ]
    images = Images(list(paths), 4)
    found = written(images, tmp_path / "data")
    assert [one["bits"] for one in found.values()] == [8, 8, 16, 16] and images.notes() == []
    for at, path in enumerate(paths[:3]):
        grey = np.asarray(Image.open(path).convert("L")) if at == 1 else np.asarray(Image.open(path))
        np.testing.assert_array_equal(inflated(found[at]), grey)
        assert found[at]["original"] == list(grey.shape) and found[at]["source"] == "file"
    np.testing.assert_array_equal(inflated(found[3]), STORED - STORED.min())
    assert found[3]["low"] == 250 - STORED.min() and found[3]["inverted"] is False
    assert (tmp_path / "data/sheets/0000.jpg").is_file()


def test_large_images_are_reduced_and_counted(tmp_path: Path) -> None:
    images = Images([save(tmp_path / "a.png", (30, 60)), save(tmp_path / "b.png", (20, 20))], 2, largest_side_px=20)
    found = written(images, tmp_path / "data")
    assert (found[0]["height"], found[0]["width"], found[0]["original"]) == (10, 20, [30, 60])
    assert found[1]["original"] == [20, 20] and images.notes() == ["1 image was reduced to 20 px on the longer side"]


def test_files_that_are_gone_come_from_the_store_or_are_said(tmp_path: Path) -> None:
    kept, gone = save(tmp_path / "kept.png", (30, 60)), save(tmp_path / "gone.png", (9, 9))
    store = ImageStore(tmp_path / "store", RadiographReader((16, 12)), progress=False)
    store.locate([kept])
    expected = store.reader(kept)[0]
    kept.unlink()
    gone.unlink()
    images = Images([kept, gone, None, gone], 3, kept=KeptPixels(store))
    found = written(images, tmp_path / "data")
    assert list(found) == [0] and found[0]["source"] == "store" and images.missing == [1, 2, 3]
    np.testing.assert_array_equal(inflated(found[0]), expected)
    said, stored = images.notes()
    assert said.startswith("2 images cannot be shown, for example ") and "gone.png: no such file" in said
    assert stored == "1 image is as the network sees it, because its file is gone or damaged"


def test_thumbnails_alone_and_training_images_have_no_full_pixels(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", (9, 9))
    assert list(written(Images([path, path], 1), tmp_path / "one")) == [0]
    assert not written(Images([path], 1, with_pixels=False), tmp_path / "two")
    many = Images([path] * (PER_SHEET + 1), 1)
    written(many, tmp_path / "three")
    assert len(list((tmp_path / "three/sheets").iterdir())) == 2


def test_large_pages_are_foreseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path / "a.png", (9, 9))
    rows = 3 * PER_SHEET
    written(Images([path] * rows, rows), tmp_path / "usual")
    assert not capsys.readouterr().err
    size = sum(file.stat().st_size for file in (tmp_path / "usual/pixels").rglob("*.js"))
    monkeypatch.setattr(pixels, "_LARGE_BYTES", size * 0.9)
    written(Images([path] * rows, rows), tmp_path / "large")
    assert capsys.readouterr().err.startswith(f"about {size / 1e9:.1f} GB of pixels; fewer or smaller images")
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: SimpleNamespace(free=size // 3))
    with pytest.raises(OSError, match=r"are needed, but only .* free; make room"):
        Images([path] * rows, rows).write(tmp_path / "full", Count())
    assert len(list((tmp_path / "full/pixels").rglob("*.js"))) == PER_SHEET  # it did not wait for the disk to be full
