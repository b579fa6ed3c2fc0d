"""Which runs can be shown side by side, and the thresholds that they were evaluated with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation_cases import predictions
from radiobundle.evaluation.fitting.thresholds import Thresholds, write_thresholds
from radiobundle.evaluation.predictions.csv import write_predictions
from radiobundle.viewing.runs import describe, open_runs
from viewing_cases import LABELS, make_run


def test_the_run_s_own_thresholds_decide(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    default = describe(open_runs([run])[0])
    assert default["thresholds"] == [0.5, 0.5] and default["decision"] == "default"
    write_thresholds(run / "thresholds.json", Thresholds("f1", {"mass": 0.3, "nodule": None}, "validation", 9))
    fitted = describe(open_runs([run])[0])
    assert fitted["thresholds"] == [0.3, 0.5] and fitted["decision"] == "fitted" and fitted["uses_thresholds"]


def test_thresholds_of_other_predictions_are_not_used(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    other = Thresholds("f1", {"mass": 0.3, "nodule": None}, "validation", 9, predictions_sha256="0" * 64)
    write_thresholds(run / "thresholds.json", other)
    with pytest.raises(ValueError, match=r"thresholds.json: was fitted on other predictions .*; remove it"):
        open_runs([run])


def test_thresholds_are_fitted_on_validation_rows_where_none_are_kept(tmp_path: Path) -> None:
    truth = np.array([[0, 0], [1, 1]] * 6)
    write_predictions(tmp_path / "p.csv", predictions(truth, 0.1 + 0.2 * truth, split="validation"))
    assert describe(open_runs([tmp_path / "p.csv"])[0])["thresholds"] == pytest.approx([0.2, 0.2])


def test_exclusive_classes_use_no_thresholds(predictions_csv: Path) -> None:
    shown = describe(open_runs([predictions_csv])[0])
    assert not shown["uses_thresholds"] and shown["decision"] == "default" and shown["thresholds"] == [0.5] * 3


def test_runs_of_other_labels_or_tasks_are_refused(tmp_path: Path, predictions_csv: Path) -> None:
    one = make_run(tmp_path)
    other = make_run(tmp_path, name="other", labels=("mass", "nodules"), images=False)
    with pytest.raises(ValueError, match=r"other cannot be shown with run: labels differ .*did you mean 'nodules'"):
        open_runs([one, other])
    swapped = make_run(tmp_path, name="swapped", labels=LABELS[::-1], images=False)
    assert [run.name for run in open_runs([one, swapped])] == ["run", "swapped"]
    exclusive = predictions(np.eye(2, dtype=int)[[0, 1] * 4], np.eye(2)[[0, 1] * 4], task="multiclass")
    several = predictions(np.ones((4, 2), int), np.full((4, 2), 0.7))
    write_predictions(tmp_path / "exclusive.csv", exclusive)
    write_predictions(tmp_path / "several.csv", several)
    with pytest.raises(ValueError, match="one task is"):
        open_runs([tmp_path / "exclusive.csv", tmp_path / "several.csv"])


def test_what_has_no_predictions_is_named(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    (run / "predictions.csv").unlink()
    with pytest.raises(ValueError, match=r"holds no predictions\.csv"):
        open_runs([run])
    with pytest.raises(ValueError, match=r"model.zip: a model without predictions"):
        open_runs([tmp_path / "model.zip"])
    with pytest.raises(ValueError, match="did you mean"):
        open_runs([tmp_path / "rum"])
    (tmp_path / "new.csv").write_text("image,prob:mass\n1.png,0.5\n")
    with pytest.raises(ValueError, match=r"new\.csv: has probabilities but no labels"):
        open_runs([tmp_path / "new.csv"])
