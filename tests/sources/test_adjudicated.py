"""Adjudicated labels replace those of the reports where they say more, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radiobundle.sources.adjudicated import replace_labels
from radiobundle.sources.table import SourceTable

LABELS = ("Pneumothorax", "Nodule", "Mass", "Hernia")


def source() -> SourceTable:
    values = [[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 1, 1, 0]]
    table = pd.DataFrame(values, columns=list(LABELS)).assign(image=[f"images/{at}.png" for at in range(5)])
    table = table.assign(**dict.fromkeys(("patient_id", "study_id", "view", "age", "sex"), np.nan))
    return SourceTable(source="chestxray14", table=table, labels=LABELS, exclusive=False)


def write(folder: Path, rows: list[tuple[str, str, str]]) -> Path:
    columns = ["Image Index", "Pneumothorax", "Nodule or mass"]
    table = pd.DataFrame(rows, columns=columns).assign(Fracture="NO", **{"Airspace opacity": "YES"})
    table.to_csv(folder / "labels.csv", index=False)
    return folder / "labels.csv"


def test_labels_are_replaced_where_they_are_known(tmp_path: Path) -> None:
    rows = [("0.png", "NO", "NO"), ("1.png", "NO", "YES"), ("2.png", "YES", "YES"), ("4.png", "NO", "NO"),
            ("9.png", "NO", "NO")]  # fmt: skip
    found = replace_labels(source(), write(tmp_path, rows))
    assert found.table[list(LABELS)].to_numpy().tolist() == [
        [0, 0, 0, 1], [0, 1, 0, 0], [1, -1, -1, 0], [1, 0, 1, 0], [0, 0, 0, 0],
    ]  # fmt: skip
    assert list(found.table["labels_from"]) == ["adjudicated"] * 3 + ["report", "adjudicated"]
    assert (
        "of 4 images (1 of its rows are of no image here); changed: 2 of Pneumothorax, 2 of Nodule, 2 of Mass"
        in found.notes[0]
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("0.png", "MAYBE", "NO")], "line 2: column 'Pneumothorax' holds 'MAYBE' .*; it must be YES or NO"),
        ([("0.png", "NO", "NO"), ("0.png", "NO", "NO")], "appears twice"),
        ([("a.png", "NO", "NO")], r"names no image of this set; give the table with names such as 0\.png"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, rows: list[tuple[str, str, str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace_labels(source(), write(tmp_path, rows))
