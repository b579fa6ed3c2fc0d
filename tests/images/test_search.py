"""Which files are meant by folders, patterns and lists."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from radiobundle.images.search import find_images


def test_inputs_may_be_folders_files_patterns_and_lists(paths: dict[str, str], tmp_path: Path) -> None:
    images = Path(paths["dataset_dir"])
    (tmp_path / "list.csv").write_text(f"image,note\n{images}/4.png,a\n{images}/2.png,b\n")
    (tmp_path / "tree/b").mkdir(parents=True)
    shutil.copy(images / "0.png", tmp_path / "tree/b/z.png")
    for name in ("IM001", "1.2.840.5", "DICOMDIR", "odd.txt"):
        (tmp_path / "tree" / name).write_bytes(b"\0" * 128 + b"DICM")
    (tmp_path / "tree/notes").write_text("no image")
    tree, table = str(tmp_path / "tree"), str(tmp_path / "list.csv")
    inside = ["1.2.840.5", "IM001", "odd.txt", "b/z.png"]
    assert [name for name, _ in find_images([tree])] == inside
    names = [name for name, _ in find_images([table, tree, f"{images}/1?.png"])]
    assert names[:6] == [f"{images}/4.png", f"{images}/2.png", *(f"{tree}/{name}" for name in inside)]
    assert names[6:] == [f"{images}/1{digit}.png" for digit in range(10)]


def test_images_that_are_named_twice_are_taken_once_and_namesakes_apart(paths: dict[str, str], tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(f"{paths['dataset_dir']}/0.png", tmp_path / folder / "0.png")
    inputs = [str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "a/0.png")]
    assert [name for name, _ in find_images(inputs)] == [f"{tmp_path}/a/0.png", f"{tmp_path}/b/0.png"]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("image\na.png\n".encode("utf-16"), "UTF-16"),
        ("image\na.png\n".encode("utf-16-be"), "UTF-16"),
        ("image\n\xe9.png\n".encode("latin-1"), "latin-1"),
        (b'image,note\na.png,"open\nb.png,c\n', "quotation mark"),
    ],
)
def test_list_that_cannot_be_read_is_named(content: bytes, match: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(ValueError, match=rf"list\.csv.*{match}"):
        list(find_images([str(tmp_path / "list.csv")]))


@pytest.mark.parametrize("name", ["nothing-there", "*.nothing", "empty", "list.csv"])
def test_what_holds_no_image_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.csv").write_text("file\na.png\n")
    with pytest.raises(ValueError, match=r"no images there|column 'image'"):
        list(find_images([str(tmp_path / name)]))
