"""Files of folders and of what is linked to them."""

from __future__ import annotations

from pathlib import Path

from radiobundle.sources.folders import files_below, image_names


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
