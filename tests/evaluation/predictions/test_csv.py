"""Odd tables through the public command: few rows, one class, other tools' columns, patients, many rows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation_cases import LABELS, judge_table, make_table
from radiobundle.cli import main
from radiobundle.evaluation.predictions.csv import read_predictions, write_predictions


def test_columns_of_another_tool_are_mapped(tmp_path: Path) -> None:
    ours = make_table()
    names = {"image": "filename", "label:sick": "y", "prob:sick": "score"}
    options = [part for our, their in names.items() for part in ("--map", f"{our}={their}")]
    ours.rename(columns=names).to_csv(tmp_path / "theirs.csv", index=False)
    command = ["report", str(tmp_path / "theirs.csv"), "--output", str(tmp_path / "report"), "--bootstrap", "50"]
    assert main([*command, *options]) == 0
    mapped = json.loads((tmp_path / "report/metrics.json").read_text())
    assert mapped["splits"] == judge_table(ours, tmp_path / "ours")["splits"]


def test_map_to_a_missing_column_names_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_table().rename(columns={"image": "filename"}).to_csv(tmp_path / "t.csv", index=False)
    options = ["--output", str(tmp_path / "r"), "--map", "image=filenam"]
    assert main(["report", str(tmp_path / "t.csv"), *options]) == 2
    assert "did you mean 'filename'" in capsys.readouterr().err


def test_reading_needs_little_more_memory_than_the_values(tmp_path: Path) -> None:
    """Ten million rows must fit: at most 500 bytes each while reading, so 5 GB."""
    count = 300_000
    rng = np.random.default_rng(0)
    pd.DataFrame(
        {
            "image": [f"{number:08}.png" for number in range(count)],
            "split": "test",
            "label:sick": rng.integers(0, 2, count),
            "prob:sick": rng.random(count).round(4),
        }
    ).to_csv(tmp_path / "big.csv", index=False)
    code = (
        "import resource, sys\n"
        "from radiobundle.evaluation.predictions.csv import read_predictions\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "table = read_predictions(sys.argv[1])\n"
        "print(len(table), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "big.csv")]
    rows, kilobytes = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert rows == count
    assert kilobytes * 1024 / count < 500


def test_predictions_survive_the_file(predictions_csv: Path) -> None:
    once = read_predictions(predictions_csv)
    write_predictions(predictions_csv.with_name("again.csv"), once)
    assert predictions_csv.with_name("again.csv").read_bytes() == predictions_csv.read_bytes()
    assert once.task == "multiclass" and once.labels == LABELS


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda text: text.replace("prob:covid", "prob:covit"), "covit"),
        (lambda text: text + text.splitlines()[-1] + "\n", "239.png"),
        (lambda text: re.sub(r"(?m)^(7\.png.*),[^,]+$", r"\1,1.5", text), "prob:non-covid"),
        (lambda text: re.sub(r"(?m)^(7\.png.*),[^,]+$", r"\1,nan", text), "prob:non-covid"),
        (lambda text: text.replace("image,", "figure,", 1), "image"),
        (lambda text: re.sub(r"0\.(?=\d)", "0,", text), r"line 2: 12 fields under 9 column names (240 such rows)"),
        (lambda text: re.sub(r"(?m)^(7\.png.*),", r"\1", text), "line 9: 8 fields under 9 column names (1 such row)"),
        (lambda text: text.replace(",", ";").replace(".", ","), "separated by semicolons"),
        (lambda text: re.sub(r"(?m)^(7\.png.*),[^,]+$", r"\n\n\1,1.5", text), "line 11, column 'prob:non-covid': 1.5"),
        (lambda _: "", "empty"),
    ],
)
def test_bad_table_is_one_line_that_names_the_fault(
    predictions_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Any, match: str
) -> None:
    predictions_csv.write_text(change(predictions_csv.read_text()))
    assert main(["report", str(predictions_csv), "--output", str(tmp_path / "r")]) == 2
    error = capsys.readouterr().err
    assert match in error and "predictions.csv" in error


def test_columns_of_earlier_versions_are_read_under_their_present_names(tmp_path: Path) -> None:
    table = make_table(6).assign(**{"call": "sick", "call:sick": [0, 1] * 3, "callsign": "x"})
    table.to_csv(tmp_path / "old.csv", index=False)
    found = read_predictions(tmp_path / "old.csv")
    assert list(found.groups) == ["predicted", "predicted:sick", "callsign"]
    assert found.groups["predicted:sick"].tolist() == [0, 1] * 3 and set(found.groups["predicted"]) == {"sick"}
    write_predictions(tmp_path / "new.csv", found)
    assert {"predicted", "predicted:sick"} < set(pd.read_csv(tmp_path / "new.csv"))


def test_present_column_beside_one_of_the_old_name_keeps_both(tmp_path: Path) -> None:
    make_table(4).assign(call="then", predicted="now").to_csv(tmp_path / "both.csv", index=False)
    groups = read_predictions(tmp_path / "both.csv").groups
    assert set(groups["call"]) == {"then"} and set(groups["predicted"]) == {"now"}


def test_spellings_of_a_patient_and_a_study_are_one_and_what_was_done_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = make_table(8).assign(
        patient_id=["0001", "1", "12.0", "12", "nan", " NA", "unknown", ""],
        study_id=["007", "7", "S-1", "s-1", "8", "9", "n/a", ""],
    )
    table.to_csv(tmp_path / "p.csv", index=False)
    found = read_predictions(tmp_path / "p.csv")
    assert found.patient_ids is not None
    own = [f"(unknown patient of {index}.png)" for index in range(4, 8)]
    assert found.patient_ids.tolist() == ["0001"] * 2 + ["12.0"] * 2 + own
    assert found.groups["study_id"].fillna("").tolist() == ["007", "007", "S-1", "S-1", "8", "9", "", ""]
    assert main(["report", str(tmp_path / "p.csv"), "--output", str(tmp_path / "r"), "--bootstrap", "50"]) == 0
    metrics = json.loads((tmp_path / "r/metrics.json").read_text())
    assert metrics["splits"]["test"]["resampling"]["units"] == 6
    printed = capsys.readouterr().err
    for note in (
        "patient ids with several spellings, treated as one and kept together (2): '0001' = '1'; '12.0' = '12'",
        "patient ids that name nobody, treated as unknown (3): 'nan', 'NA', 'unknown'",
        "The patient of 4 images of 8 is unknown; each counts as a patient of its own.",
        "study ids with several spellings, treated as one and kept together (2): '007' = '7'; 'S-1' = 's-1'",
    ):
        assert note in metrics["notes"] and f"note: {note}" in printed


def test_nobody_is_no_patient(tmp_path: Path) -> None:
    notes = judge_table(make_table().assign(patient_id="nan"), tmp_path)["notes"]
    assert "patient ids that name nobody, treated as unknown (40): 'nan'" in notes
    assert "There is no patient_id: intervals treat images as independent and may be too narrow." in notes


def test_stand_ins_for_unknown_patients_are_not_taken_for_spellings_of_one(tmp_path: Path) -> None:
    table = make_table(4).assign(image=["01.png", "1.png", "a.png", "A.png"], patient_id=["", "", "", "7"])
    table.to_csv(tmp_path / "p.csv", index=False)
    once = read_predictions(tmp_path / "p.csv")
    write_predictions(tmp_path / "again.csv", once)
    again = read_predictions(tmp_path / "again.csv")
    assert once.patient_ids is not None and again.patient_ids is not None
    assert once.patient_count == 4 and again.patient_ids.tolist() == once.patient_ids.tolist()
    assert again.notes == once.notes


def test_patients_in_validation_and_test_are_counted(tmp_path: Path) -> None:
    table = make_table(80).assign(split=["validation"] * 41 + ["test"] * 39)
    (note,) = (note for note in judge_table(table, tmp_path)["notes"] if "in both" in note)
    assert note.startswith("1 patient is in both validation and test")
    assert not any("in both" in note for note in judge_table(make_table(80), tmp_path)["notes"])


def test_a_number_is_the_same_group_in_whatever_piece_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radiobundle.evaluation.predictions.csv._ROWS_PER_PIECE", 2)
    table = make_table(6).assign(kvp=["80", "", "80", "85", "high", "80"])
    table.to_csv(tmp_path / "p.csv", index=False)
    found = read_predictions(tmp_path / "p.csv").groups["kvp"].astype(object)
    assert found.fillna("").tolist() == table["kvp"].tolist()
