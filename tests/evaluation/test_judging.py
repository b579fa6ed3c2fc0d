"""What the report says of odd tables: few rows, one class, patients."""

from __future__ import annotations

from pathlib import Path

from evaluation_cases import make_table, report


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


def test_images_are_resampled_by_patient(tmp_path: Path) -> None:
    resampling = report(make_table(), tmp_path)["splits"]["test"]["resampling"]
    assert (resampling["unit"], resampling["units"]) == ("patient", 20)


def test_mean_says_over_how_many_classes_it_was_taken(tmp_path: Path) -> None:
    table = make_table()
    table["label:rare"], table["prob:rare"] = 0, 0.1
    overall = report(table, tmp_path)["splits"]["test"]["overall"]["probability"]["auroc"]
    assert overall["classes"] == 1
