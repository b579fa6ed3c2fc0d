"""What the report says of odd tables: few rows, one class, patients."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation_cases import judge_table, make_table
from radiobundle.evaluation.fitting.thresholds import Thresholds
from radiobundle.evaluation.judging import ReportOptions, judge
from radiobundle.evaluation.origin import Origin
from radiobundle.evaluation.predictions.csv import read_predictions


def test_three_rows_are_reported_with_wide_intervals(tmp_path: Path) -> None:
    overall = judge_table(make_table(3, seed=1), tmp_path)["splits"]["test"]["overall"]
    for found in (overall["default"]["accuracy"], overall["probability"]["auroc"]):
        assert found["value"] == 1 and found["low"] < 0.4 and found["high"] == 1 and "Wilson" in found["method"]


def test_number_without_an_interval_says_why(tmp_path: Path) -> None:
    accuracy = judge_table(make_table(3), tmp_path)["splits"]["test"]["overall"]["default"]["accuracy"]
    assert accuracy["value"] == pytest.approx(2 / 3) and accuracy["low"] is None and accuracy["high"] is None
    assert accuracy["note"] == "every resample gave the same value"


def test_one_class_only_leaves_undefined_what_is_undefined(tmp_path: Path) -> None:
    table = make_table()
    table["label:sick"] = 0
    found = judge_table(table, tmp_path)["splits"]["test"]["per_class"]["sick"]
    assert found["probability"]["auroc"]["value"] is None
    assert "no positive image" in found["probability"]["auroc"]["reason"]
    assert found["default"]["specificity"]["value"] is not None


def test_images_are_resampled_by_patient(tmp_path: Path) -> None:
    resampling = judge_table(make_table(), tmp_path)["splits"]["test"]["resampling"]
    assert (resampling["unit"], resampling["units"]) == ("patient", 20)


def test_mean_says_over_how_many_classes_it_was_taken(tmp_path: Path) -> None:
    table = make_table()
    table["label:rare"], table["prob:rare"] = 0, 0.1
    overall = judge_table(table, tmp_path)["splits"]["test"]["overall"]["probability"]["auroc"]
    assert overall["classes"] == 1


def test_given_thresholds_of_other_weights_are_used_and_that_is_said(tmp_path: Path) -> None:
    make_table().to_csv(tmp_path / "p.csv", index=False)
    table = read_predictions(tmp_path / "p.csv")
    given = ReportOptions(bootstrap=0, thresholds=Thresholds("f1", {"sick": 0.4}, "validation", 9, weights_sha256="a"))
    said = {}
    for weights in ("a", "b", None):
        notes = judge(table, given, origin=Origin(weights_sha256=weights)).metrics["notes"]
        said[weights] = any("other weights" in note for note in notes)
    assert said == {"a": False, "b": True, None: False}
