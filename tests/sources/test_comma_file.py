"""The form of comma-separated files that are too long to be read as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiobundle.sources.comma_file import line_of, read_header


def written(folder: Path, text: str) -> Path:
    path = folder / "p.csv"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n1,0,2\n1,0,3\n", r"p.csv, line 3: 3 fields under 2 column names \(2 such rows\); write decimals"),
        ("a,b\n1,2\n\n1\n", r"p.csv, line 4: 1 fields under 2 column names \(1 such row\)"),
        ("a,b\n1,2,\n", "p.csv, line 2: 3 fields under 2 column names"),
        ("a;b\n1;0,2\n", "p.csv, line 1: the columns are separated by semicolons; save the table again with commas"),
        ("a\tb\n1\t2\n", "p.csv, line 1: the columns are separated by tabs"),
        ("a,b,a\n1,2,3\n", "p.csv: column 'a' appears 2 times; keep one"),
        ('a,b\n"1,2\n', "p.csv, line 2: not a readable CSV table"),
        ("\n", "p.csv: the file is empty"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_header(written(tmp_path, text), wanted=("a",))


def test_other_encoding_is_refused_wherever_it_shows(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 10_000 + "é,2\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"p.csv: not a text file in UTF-8 .*save it as UTF-8"):
        read_header(path, wanted=("a",))


def test_separators_in_quoted_names_and_cells_are_text(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,"b;c;d",e|f|g|h\n1,"2,5",3\n')
    assert read_header(path, wanted=("a",)) == ["a", "b;c;d", "e|f|g|h"]


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,b\n\n1,2\n"3\n3",4\n5,6\n')
    assert [line_of(path, row) for row in range(3)] == [3, 5, 6]
