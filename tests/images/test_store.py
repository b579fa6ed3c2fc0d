from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.transforms import LoadImage
from PIL import Image

from processes import START_METHOD
from radiobundle.images.dataset import StoreDataset
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.reader import RadiographReader
from radiobundle.images.store import ImageStore, StoreError


def make_images(folder: Path, count: int = 6) -> list[str]:
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    for number in range(count):
        Image.fromarray(rng.integers(0, 256, (24, 20), dtype=np.uint8)).save(folder / f"{number}.png")
    return [str(folder / f"{number}.png") for number in range(count)]


def make_store(folder: Path, size_px: tuple[int, int] = (16, 12), **options: object) -> ImageStore:
    return ImageStore(folder, RadiographReader(size_px, **options), progress=False)


def pixels_of(store: ImageStore, paths: list[str]) -> np.ndarray:
    return StoreDataset([{"image": path} for path in paths], store).__getitems__(range(len(paths)))["image"].numpy()


class CountingReader(RadiographReader):
    calls = 0

    def decode(self, data: bytes, name: str) -> np.ndarray:
        type(self).calls += 1
        return super().decode(data, name)


class SlowReader(RadiographReader):
    def decode(self, data: bytes, name: str) -> np.ndarray:
        time.sleep(0.2)
        return super().decode(data, name)


@pytest.mark.parametrize("size_px", [(16, 12), (24, 20), (9, 31)])
def test_store_has_the_pixels_of_the_file_path(tmp_path: Path, size_px: tuple[int, int]) -> None:
    paths = make_images(tmp_path / "images")
    stored = pixels_of(make_store(tmp_path / "store", size_px), paths)
    load = LoadImage(reader=RadiographReader(size_px), image_only=True, dtype=np.uint8)
    np.testing.assert_array_equal(stored, np.stack([np.asarray(load(path)) for path in paths]))


def test_three_channels_are_kept(tmp_path: Path) -> None:
    paths = make_images(tmp_path / "images")
    store = make_store(tmp_path / "store", steps=[lambda_stack])
    assert pixels_of(store, paths).shape == (6, 3, 16, 12)


def lambda_stack(image: np.ndarray) -> np.ndarray:
    return np.concatenate([image, 255 - image, image / 2])


def test_second_run_decodes_nothing(tmp_path: Path) -> None:
    paths = make_images(tmp_path / "images")
    for expected in (6, 6):
        ImageStore(tmp_path / "store", CountingReader([16, 12]), progress=False).locate(paths)
        assert CountingReader.calls == expected


def test_only_a_changed_file_is_decoded_again(tmp_path: Path) -> None:
    paths = make_images(tmp_path / "images")
    store = make_store(tmp_path / "store")
    store.locate(paths)
    Image.fromarray(np.eye(24, 20, dtype=np.uint8)).save(paths[2])
    again = pixels_of(make_store(tmp_path / "store"), paths)
    assert again[2].max() <= 1
    assert again[1].max() > 0
    assert sorted(len(np.load(pack)) for pack in store.folder.glob("pack-*.npy")) == [1, 6]


def test_other_reader_options_never_share_pixels(tmp_path: Path) -> None:
    assert make_store(tmp_path).folder != make_store(tmp_path, (16, 13)).folder
    assert make_store(tmp_path).folder != make_store(tmp_path, steps=[lambda_stack]).folder
    assert make_store(tmp_path).folder == make_store(tmp_path).folder


def test_every_broken_file_is_listed_and_nothing_is_kept(tmp_path: Path) -> None:
    paths = make_images(tmp_path / "images")
    for number in (1, 4):
        Path(paths[number]).write_bytes(b"")
    store = make_store(tmp_path / "store")
    with pytest.raises(UnreadableImageError, match=r"2 of 6(.|\n)*1\.png(.|\n)*4\.png"):
        store.locate(paths)
    assert not list(store.folder.glob("*.npy"))


def build_slowly(folder: Path, paths: list[str]) -> None:
    ImageStore(folder, SlowReader([16, 12]), workers=1, progress=False).locate(paths)


def test_killed_build_leaves_nothing_that_passes_for_whole(tmp_path: Path) -> None:
    paths = make_images(tmp_path / "images")
    process = multiprocessing.get_context(START_METHOD).Process(target=build_slowly, args=(tmp_path / "store", paths))
    process.start()
    folder = ImageStore(tmp_path / "store", SlowReader([16, 12])).folder
    deadline = time.monotonic() + 60
    while not list(folder.glob("tmp-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(folder.glob("tmp-*")), "the build never began"
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    assert not list(folder.glob("pack-*"))
    build_slowly(tmp_path / "store", paths)
    assert not list(folder.glob("tmp-*"))
    assert len(list(folder.glob("pack-*"))) == 1


def test_two_processes_build_one_store(tmp_path: Path) -> None:
    paths = make_images(tmp_path / "images")
    context = multiprocessing.get_context(START_METHOD)
    processes = [context.Process(target=build_slowly, args=(tmp_path / "store", paths)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    folder = ImageStore(tmp_path / "store", SlowReader([16, 12])).folder
    assert [len(np.load(pack)) for pack in folder.glob("pack-*")] == [6]


def test_cut_pack_is_rebuilt(tmp_path: Path) -> None:
    paths = make_images(tmp_path / "images")
    store = make_store(tmp_path / "store")
    before = pixels_of(store, paths)
    (pack,) = store.folder.glob("pack-*.npy")
    pack.write_bytes(pack.read_bytes()[:-100])
    np.testing.assert_array_equal(pixels_of(make_store(tmp_path / "store"), paths), before)


def test_damaged_index_is_named(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    store.folder.mkdir(parents=True)
    (store.folder / "index.sqlite").write_bytes(b"not a database at all, not even a little" * 50)
    with pytest.raises(StoreError, match=r"index\.sqlite"):
        store.locate(make_images(tmp_path / "images"))


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="--store_dir"):
        make_store(tmp_path / "store").locate(make_images(tmp_path / "images"))


def test_full_disk_is_an_error_before_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", no_space)
    with pytest.raises(StoreError, match="No space left on device"):
        make_store(tmp_path / "store").locate(make_images(tmp_path / "images"))


def test_pack_is_cut_to_the_images_that_were_new(tmp_path: Path) -> None:
    paths = make_images(tmp_path / "images")
    store = make_store(tmp_path / "store")
    store.locate(paths[:4])
    copies = [shutil.copy(path, tmp_path / f"copy-{Path(path).name}") for path in paths]
    np.testing.assert_array_equal(pixels_of(make_store(tmp_path / "store"), copies), pixels_of(store, paths))
    sizes = sorted(len(np.load(pack)) for pack in store.folder.glob("pack-*.npy"))
    assert sizes == [2, 4]


def test_moved_data_set_is_not_decoded_again(tmp_path: Path) -> None:
    paths = make_images(tmp_path / "images")
    store = make_store(tmp_path / "store")
    store.locate(paths)
    (tmp_path / "images").rename(tmp_path / "moved")
    make_store(tmp_path / "store").locate([path.replace("images", "moved") for path in paths])
    assert [len(np.load(pack)) for pack in store.folder.glob("pack-*.npy")] == [6]


def test_batch_carries_labels_and_indices(tmp_path: Path) -> None:
    paths = make_images(tmp_path / "images")
    data = [{"image": path, "label": [number % 2, -1]} for number, path in enumerate(paths)]
    batch = StoreDataset(data, make_store(tmp_path / "store")).__getitems__([3, 0])
    assert batch["label"].tolist() == [[1, -1], [0, -1]]
    assert batch["index"].tolist() == [3, 0]
    assert batch["image"].dtype == torch.uint8


def test_empty_split_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="empty"):
        StoreDataset([], make_store(tmp_path))


def test_two_sites_with_equal_names_sizes_and_times_share_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for site, level in (("a", 50), ("b", 200)):
        folder = tmp_path / site / "images"
        folder.mkdir(parents=True)
        pixels = np.full((24, 20), level, np.uint8)
        pixels[0, 0] = 0
        Image.fromarray(pixels).save(folder / "0.bmp")
        os.utime(folder / "0.bmp", (315532800, 315532800))  # 1980, as unpacked archives have it
        monkeypatch.chdir(tmp_path / site)
        found.append(pixels_of(make_store(tmp_path / "store"), ["images/0.bmp"]).max())
    assert found[0] < 60 and found[1] > 190


@pytest.mark.parametrize("change", ["replaced", "rewritten", "linked folder", "linked file"])
def test_changed_content_is_seen_whatever_its_time_and_size(tmp_path: Path, change: str) -> None:
    for name, level in (("old", 50), ("new", 200)):
        (tmp_path / name).mkdir()
        pixels = np.full((24, 20), level, np.uint8)
        pixels[0, 0] = 0
        Image.fromarray(pixels).save(tmp_path / name / "0.bmp")
        os.utime(tmp_path / name / "0.bmp", (315532800, 315532800))
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "old")
    (tmp_path / "0.bmp").symlink_to(tmp_path / "old/0.bmp")
    path = {"linked folder": "link/0.bmp", "linked file": "0.bmp"}.get(change, "old/0.bmp")
    before = pixels_of(make_store(tmp_path / "store"), [str(tmp_path / path)])
    if change == "replaced":
        (tmp_path / "new/0.bmp").replace(tmp_path / "old/0.bmp")
    elif change == "rewritten":
        (tmp_path / "old/0.bmp").write_bytes((tmp_path / "new/0.bmp").read_bytes())
        os.utime(tmp_path / "old/0.bmp", (315532800, 315532800))
    elif change == "linked folder":
        link.unlink()
        link.symlink_to(tmp_path / "new")
    else:
        (tmp_path / "0.bmp").unlink()
        (tmp_path / "0.bmp").symlink_to(tmp_path / "new/0.bmp")
    after = pixels_of(make_store(tmp_path / "store"), [str(tmp_path / path)])
    assert before.max() < 60 and after.max() > 190


def test_other_spelling_of_a_path_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = make_images(tmp_path / "images")
    ImageStore(tmp_path / "store", CountingReader([16, 12]), progress=False).locate(paths)
    before = CountingReader.calls
    monkeypatch.chdir(tmp_path)
    relative = [f"./images/../images/{Path(path).name}" for path in paths]
    ImageStore(tmp_path / "store", CountingReader([16, 12]), progress=False).locate(relative)
    assert CountingReader.calls == before
