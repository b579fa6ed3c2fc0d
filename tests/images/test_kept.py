"""A store still shows images whose files are gone, and nothing is written to it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from radiobundle.images.kept import KeptPixels
from radiobundle.images.reader import RadiographReader
from radiobundle.images.store import ImageStore


def filled(folder: Path) -> tuple[ImageStore, list[Path]]:
    (folder / "images").mkdir(parents=True)
    paths = [folder / f"images/{index}.png" for index in range(3)]
    for path in paths:
        Image.fromarray(np.random.default_rng(len(path.name)).integers(0, 255, (24, 20), np.uint8)).save(path)
    Image.fromarray(np.full((24, 20), 7, np.uint8) * np.arange(20, dtype=np.uint8)).save(paths[1])
    store = ImageStore(folder / "store", RadiographReader((16, 12)), progress=False)
    store.locate(paths)
    return store, paths


def test_pixels_are_found_when_the_files_are_gone(tmp_path: Path) -> None:
    store, paths = filled(tmp_path)
    expected = [store.reader(path) for path in paths]
    shutil.rmtree(tmp_path / "images")
    before = {path: path.stat().st_mtime_ns for path in store.folder.iterdir()}
    kept = KeptPixels(ImageStore(tmp_path / "store", RadiographReader((16, 12))))
    for path, pixels in zip(paths, expected, strict=True):
        np.testing.assert_array_equal(kept.find(path), pixels)
    assert kept.find(tmp_path / "images/4.png") is None and len(kept) == 3
    assert {path: path.stat().st_mtime_ns for path in store.folder.iterdir()} == before


def test_what_is_gone_or_damaged_holds_nothing(tmp_path: Path) -> None:
    store, paths = filled(tmp_path)
    other = KeptPixels(ImageStore(tmp_path / "store", RadiographReader((8, 8))))
    assert len(other) == 0 and other.find(paths[0]) is None and not other._store.folder.exists()
    kept = KeptPixels(store)
    for pack in store.folder.glob("pack-*"):
        pack.write_bytes(b"damaged")
    assert KeptPixels(ImageStore(tmp_path / "store", store.reader)).find(paths[0]) is None and len(kept) == 3
    (store.folder / "index.sqlite").write_bytes(b"damaged" * 100)
    assert len(KeptPixels(store)) == 0
