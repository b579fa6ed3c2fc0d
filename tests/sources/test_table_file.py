"""Fields under column names."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiobundle.sources.table_file import read_table

ROWS = ["01.jpg,5,1,0", "02.jpg,5,0,1", "03.jpg,1,0,1,1"]  # the last: a decimal comma


@pytest.mark.parametrize("header", ["image,dose,a,b", "image,dose,a,b,", "image,dose,a,b,,"])
@pytest.mark.parametrize("end", ["", ",", ",,"])
def test_row_with_a_surplus_comma_is_never_shifted(tmp_path: Path, header: str, end: str) -> None:
    (tmp_path / "t.csv").write_text("\n".join([header, *(row + end for row in ROWS)]))
    raw = read_table(tmp_path / "t.csv")
    assert list(raw.misshapen) == [2]
    assert raw.rows["a"].tolist()[:2] == ["1", "0"] and raw.lines[2] == 4


def test_surplus_comma_before_an_empty_cell_is_found_by_the_other_rows(tmp_path: Path) -> None:
    rows = ["01.jpg,5,1,note,", "02.jpg,5,0,note,", "03.jpg,1,0,1,,"]
    (tmp_path / "t.csv").write_text("\n".join(["image,dose,a,note,", *rows]))
    assert list(read_table(tmp_path / "t.csv").misshapen) == [2]


@pytest.mark.parametrize("separator", ";\t|")
def test_line_break_in_the_first_header_cell_hides_no_separator(tmp_path: Path, separator: str) -> None:
    rows = [separator.join(row) for row in (['"report\nof the day"', "image", "a"], ["x", "1.png", "1"])]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    raw = read_table(tmp_path / "t.csv", wanted=["image", "a"])
    assert raw.rows.columns.tolist() == ["report of the day", "image", "a"] and raw.rows["a"].tolist() == ["1"]


def test_column_names_are_what_is_visible_of_them(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\ufeff\ufeffimage,Ede\u0300me\u200b\n1.png,1\n")
    assert read_table(tmp_path / "t.csv").rows.columns.tolist() == ["image", "Ed\u00e8me"]
    (tmp_path / "t.csv").write_text("image,a,a\u200b\n1.png,1,0\n")
    with pytest.raises(ValueError, match="two columns are named 'a'"):
        read_table(tmp_path / "t.csv")


def test_table_without_a_header_gets_names(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\ufeffa/1,1\n\na/2,0\na/2\na/1,0\n")
    raw = read_table(tmp_path / "t.csv", header=("study", "label"))
    assert raw.rows["study"].tolist() == ["a/1", "a/2", "a/2", "a/1"] and raw.lines.tolist() == [1, 3, 4, 5]
    with pytest.raises(ValueError, match=r"line 4: 1 fields under 2 column names \(1 such row\); fetch"):
        raw.refuse_misshapen()
    with pytest.raises(ValueError, match=r"line 4: a/2 appears twice .*; keep one row"):
        raw.refuse_repeated(raw.rows[["study"]])
