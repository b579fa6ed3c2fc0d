"""Which files are meant by folders, patterns and lists."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from radiobundle.images.search import Passed, find_images, search_images


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


@pytest.mark.parametrize("pattern", ["tree", "tree/**", "tree/**/*.png", "tree/*", "tree/*.png", "tree/[!x]*/**/*.png"])
def test_folders_and_patterns_are_searched_by_one_rule(
    paths: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    (tmp_path / "tree/sub").mkdir(parents=True)
    for name in ("1.png", "sub/2.png"):
        shutil.copy(f"{paths['dataset_dir']}/0.png", tmp_path / "tree" / name)
    (tmp_path / "tree/sub/up").symlink_to("..")
    (tmp_path / "tree/gone.png").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)
    passed = Passed()
    names = {str(path.relative_to("tree")) for _, path, _ in search_images([pattern], passed)}
    here, below = {"1.png", "gone.png"}, {"sub/2.png"}
    assert names == {"tree/*.png": here, "tree/[!x]*/**/*.png": below}.get(pattern, here | below)
    assert len(passed.searched_before) == (pattern != "tree/*.png")
    assert passed.repeated == 0 and not passed.not_images


def test_row_of_a_list_that_may_be_shifted_names_no_image(tmp_path: Path) -> None:
    text = "comment,prior,image,\nx,3.png,4.png,\nopacity, left,3.png,4.png,\nx,3.png\n"
    (tmp_path / "list.csv").write_text(text)
    found = list(search_images([str(tmp_path / "list.csv")]))
    assert [image.path.name for image in found] == ["4.png", "list.csv", "list.csv"]
    assert "line 3: 5 fields under 3 column names" in found[1].reason
    assert "line 4: no name in the column 'image'" in found[2].reason


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"image,image\na.png,b.png\n", "2 columns 'image'"),
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
    with pytest.raises(ValueError, match=r"no images found|column 'image'"):
        list(find_images([str(tmp_path / name)]))


def test_an_empty_name_is_not_the_current_folder(paths: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(paths["dataset_dir"])
    with pytest.raises(ValueError, match="no images found"):
        list(find_images([""]))
