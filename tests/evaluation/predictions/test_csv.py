"""Odd tables through the public command: few rows, one class, other tools' columns, patients, many rows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radiobundle.cli import main


def report(table: pd.DataFrame, folder: Path, *options: str) -> dict:
    folder.mkdir(exist_ok=True)
    table.to_csv(folder / "predictions.csv", index=False)
    output = folder / "report"
    assert (
        main(["report", str(folder / "predictions.csv"), "--output", str(output), "--bootstrap", "50", *options]) == 0
    )
    found: dict = json.loads((output / "metrics.json").read_text())
    return found


def make_table(count: int = 40, *, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    truth = np.arange(count) % 2
    return pd.DataFrame(
        {
            "image": [f"{number}.png" for number in range(count)],
            "patient_id": [f"p{number // 2}" for number in range(count)],
            "split": "test",
            "label:sick": truth,
            "prob:sick": np.clip(rng.random(count) * 0.6 + 0.3 * truth, 0, 1),
        }
    )


def test_three_rows_are_reported_with_wide_intervals(tmp_path: Path) -> None:
    found = report(make_table(3), tmp_path)
    accuracy = found["splits"]["test"]["overall"]["default"]["accuracy"]
    assert accuracy["low"] is None or accuracy["high"] - accuracy["low"] > 0.3


def test_one_class_only_leaves_undefined_what_is_undefined(tmp_path: Path) -> None:
    table = make_table()
    table["label:sick"] = 0
    found = report(table, tmp_path)["splits"]["test"]["per_class"]["sick"]
    assert found["probability"]["auroc"]["value"] is None
    assert "no positive image" in found["probability"]["auroc"]["reason"]
    assert found["default"]["specificity"]["value"] is not None


def test_columns_of_another_tool_are_mapped(tmp_path: Path) -> None:
    ours = make_table()
    names = {"image": "filename", "label:sick": "y", "prob:sick": "score"}
    options = [part for our, their in names.items() for part in ("--map", f"{our}={their}")]
    mapped = report(ours.rename(columns=names), tmp_path / "theirs", *options)
    assert mapped["splits"] == report(ours, tmp_path / "ours")["splits"]


def test_map_to_a_missing_column_names_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_table().rename(columns={"image": "filename"}).to_csv(tmp_path / "t.csv", index=False)
    options = ["--output", str(tmp_path / "r"), "--map", "image=filenam"]
    assert main(["report", str(tmp_path / "t.csv"), *options]) == 2
    assert "did you mean 'filename'" in capsys.readouterr().err


def test_images_are_resampled_by_patient(tmp_path: Path) -> None:
    resampling = report(make_table(), tmp_path)["splits"]["test"]["resampling"]
    assert (resampling["unit"], resampling["units"]) == ("patient", 20)


def test_mean_says_over_how_many_classes_it_was_taken(tmp_path: Path) -> None:
    table = make_table()
    table["label:rare"], table["prob:rare"] = 0, 0.1
    overall = report(table, tmp_path)["splits"]["test"]["overall"]["probability"]["auroc"]
    assert overall["classes"] == 1


def test_patients_in_a_thousand_follow_from_the_prevalence(tmp_path: Path) -> None:
    found = report(make_table(), tmp_path, "--prevalence", "0.1")
    summary = found["per_1000_patients"]["sick"]
    recall = found["splits"]["test"]["per_class"]["sick"]["default"]["recall"]["value"]
    specificity = found["splits"]["test"]["per_class"]["sick"]["default"]["specificity"]["value"]
    assert summary["missed"]["value"] == pytest.approx(100 * (1 - recall))
    assert summary["false_alarms"]["value"] == pytest.approx(900 * (1 - specificity))


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
        "from radiobundle.evaluation.predictions.table import read_predictions\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "table = read_predictions(sys.argv[1])\n"
        "print(len(table), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "big.csv")]
    rows, kilobytes = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert rows == count
    assert kilobytes * 1024 / count < 500
