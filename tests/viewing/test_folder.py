"""A page appears whole or not at all, and replaces nothing but a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from radiobundle.reporting.style import COLOURS
from radiobundle.viewing.folder import MANIFEST, PAGE, view_folder


def write(folder: Path, text: str) -> None:
    with view_folder(folder) as staging:
        (staging / "data").mkdir()
        (staging / MANIFEST).write_text(text)


def test_a_page_replaces_an_earlier_one_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path / "new/page", "one")
    assert (tmp_path / "new/page/index.html").is_file()
    (tmp_path / "new/page/data/rest.js").write_text("of the first")
    write(tmp_path / "new/page", "two")
    assert (tmp_path / "new/page" / MANIFEST).read_text() == "two"
    assert not (tmp_path / "new/page/data/rest.js").exists()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["page"]


def test_an_error_leaves_the_earlier_page(tmp_path: Path) -> None:
    write(tmp_path / "page", "one")
    with pytest.raises(RuntimeError), view_folder(tmp_path / "page") as staging:
        (staging / "half.js").write_text("")
        raise RuntimeError
    with pytest.raises(RuntimeError), view_folder(tmp_path / "other"):
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
    assert (tmp_path / "page" / MANIFEST).read_text() == "one"


def test_anything_else_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty", "one")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/index.html").write_text("my own page")
    (tmp_path / "file").write_text("x")
    for name in ("mine", "file"):
        with pytest.raises(ValueError, match="is there and not a page of this command"):
            write(tmp_path / name, "one")
    assert (tmp_path / "mine/index.html").read_text() == "my own page"


def test_files_that_somebody_put_into_a_page_stay(tmp_path: Path) -> None:
    write(tmp_path / "page", "one")
    (tmp_path / "page/marks.csv").write_text("image,mark\n")
    with pytest.raises(ValueError, match=r"replacing this page would remove marks\.csv; move it elsewhere"):
        write(tmp_path / "page", "two")
    assert (tmp_path / "page" / MANIFEST).read_text() == "one" and (tmp_path / "page/marks.csv").is_file()


def test_a_link_stays_one_and_the_present_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "real", "one")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link", "two")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / MANIFEST).read_text() == "two"
    monkeypatch.chdir(tmp_path / "real")
    with pytest.raises(ValueError, match="is the folder that you are in"):
        write(Path(), "three")


def test_every_colour_of_the_report_is_in_the_style_sheet() -> None:
    light = (PAGE / "view.css").read_text("utf-8").partition("@media")[0]
    assert {colour.lower() for colour in COLOURS} <= set(re.findall(r"--\w+: (#[0-9a-f]{6})", light))
