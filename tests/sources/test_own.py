"""A source that a user's own function reads."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from radiobundle.cli import main
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.sources.own import read_own

SOURCE = """
import pandas as pd
from radiobundle.sources.own import with_standard_columns
from radiobundle.sources.table import SourceTable

def read_mine(folder):
    numbers = range(30)
    table = pd.DataFrame({"image": [f"{number}.png" for number in numbers],
                          "patient_id": [f"p{number // 2}" for number in numbers],
                          "sick": [float(number % 3 == 0) for number in numbers]})
    return SourceTable(source=folder.name, table=with_standard_columns(table), labels=("sick",), exclusive=False)

def read_nothing(folder):
    return None
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "mysource.py"
    path.write_text(SOURCE)
    return path


def test_list_is_made_of_what_the_function_returns(source: Path, tmp_path: Path) -> None:
    command = ["datalist", "own", str(tmp_path), "--function", f"{source}:read_mine", "--output", f"{tmp_path}/l.json"]
    assert main([*command, "--missing-images", "keep", "--duplicates", "none", "--split", "patient"]) == 0
    found = read_datalist(tmp_path / "l.json")
    assert found.labels == ("sick",) and found.provenance["source"] == tmp_path.name
    assert sum(len(items) for items in found.splits.values()) == 30
    patients = [{item["patient_id"] for item in items} for items in found.splits.values()]
    assert sum(map(len, patients)) == len(set.union(*patients)) == 15


def test_file_of_the_function_is_a_source_file(source: Path, tmp_path: Path) -> None:
    assert read_own(tmp_path, function=f"{source}:read_mine").source_files == (source,)


@pytest.mark.parametrize(
    ("function", "match"),
    [
        ("mysource.py", "write FILE.py:NAME"),
        ("mysource.py:read_mne", "no function 'read_mne'; did you mean 'read_mine'"),
        ("mysource.py:read_nothing", "returned a NoneType; it must return a SourceTable"),
        ("yours.py:read_mine", "no such file"),
    ],
)
def test_what_cannot_be_used_is_named(
    function: str, match: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source.parent)
    with pytest.raises(ValueError, match=match):
        read_own(tmp_path, function=function)


def test_file_may_import_its_neighbours_and_define_dataclasses(source: Path, tmp_path: Path) -> None:
    (tmp_path / "neighbour_of_test.py").write_text("LABEL = 'sick'\n")
    head = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom neighbour_of_test import LABEL\n"
    )
    source.write_text(f"{head}@dataclass\nclass Row:\n    name: str | None = None\n{SOURCE}")
    before = list(sys.path)
    assert read_own(tmp_path, function=f"{source}:read_mine").labels == ("sick",)
    assert sys.path == before


@pytest.mark.parametrize(
    ("text", "says"), [("def read_mine(:", "SyntaxError.*line 1"), ("import not_there", "not_there")]
)
def test_file_that_cannot_be_run_is_named(text: str, says: str, source: Path, tmp_path: Path) -> None:
    source.write_text(text)
    with pytest.raises(ValueError, match=rf"mysource\.py: cannot be run \(.*{says}"):
        read_own(tmp_path, function=f"{source}:read_mine")


def test_missing_columns_are_named_with_what_adds_them(source: Path, tmp_path: Path) -> None:
    source.write_text(SOURCE.replace("with_standard_columns(table)", "table"))
    with pytest.raises(
        ValueError, match="lacks the columns study_id, view, age, sex; `with_standard_columns` adds them"
    ):
        read_own(tmp_path, function=f"{source}:read_mine")
