"""Tables of a distribution: found by name, and refused where they cannot be what they should."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiobundle.sources.find_table import find_table, read_columns
from radiobundle.sources.registry import SOURCES


def test_the_first_name_wins_and_packed_tables_are_found(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv.gz"):
        (tmp_path / name).touch()
    assert find_table(tmp_path, ["a.csv", "b.csv"], what="a table").name == "a.csv.gz"
    with pytest.raises(ValueError, match=r"holds no c\.csv"):
        find_table(tmp_path, ["c.csv"], what="a table")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no content"),
        ("name,value\n", "holds a header and no rows"),
        ("nome,value\na,1\n", "lacks the column 'name'; did you mean 'nome'.; expected a table of names"),
        ("name,value\na,1\n ,2\n,3\n", r"line 3: name is empty \(2 such rows\)"),
    ],
)
def test_a_table_that_says_nothing_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_columns(tmp_path / "t.csv", ["name", "value"], what="a table of names", filled=["name"])


@pytest.mark.parametrize("source", ["padchest", "vindr", "rsna", "siim", "openi", "tb", "covidx"])
def test_a_folder_that_is_not_there_is_called_so(tmp_path: Path, source: str) -> None:
    with pytest.raises(ValueError, match="nowhere: no such folder; give the"):
        SOURCES[source].read(tmp_path / "nowhere")
