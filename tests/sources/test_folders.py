"""Files of folders and of what is linked to them."""

from __future__ import annotations

from pathlib import Path

from radiobundle.sources.folders import files_below, image_names, locate_images, other_files_notes


def test_images_by_name_are_neither_folders_nor_macos_leftovers(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    for name in ("1.png", "2.PNG", "._1.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "gone.png").symlink_to("nowhere")
    assert sorted(image_names(tmp_path, (".png",))) == ["1.png", "2.PNG", "gone.png"]


def test_linked_folders_are_searched_once_after_real_ones(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/1.png").touch()
    (tmp_path / "train/a").mkdir(parents=True)
    (tmp_path / "train/a/2.png").touch()
    (tmp_path / "train/0").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "train/again").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "train/a/up").symlink_to(tmp_path / "train")
    found = [path.relative_to(tmp_path).as_posix() for path in files_below([tmp_path / "train"])]
    assert found == ["train/a/2.png", "train/0/1.png"]


def test_the_first_pattern_that_holds_an_image_wins(tmp_path: Path) -> None:
    for name in ("1.png", "images/1.png", "images/b/2.png", "images/b/1.png", "images/3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    where, notes = locate_images(tmp_path, ("images/*", "images"), (".png",))
    assert where == {"1.png": "images/b/1.png", "2.png": "images/b/2.png", "3.png": "images/3.png"}
    assert notes == [
        "WARNING: 2 images are in several folders, whose contents may differ: images/1.png is read, not 1.png"
    ]


def test_other_files_are_counted_in_folders_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    for name in ("1.png", "2.png", "notes.txt"):
        (tmp_path / "train" / name).touch()
    notes = other_files_notes(tmp_path, ("train", "valid"), ["train/1.png", "train/2.png"], "train is no image")
    assert notes == ("1 of 3 files in train is no image and were skipped (the first: train/notes.txt)",)
