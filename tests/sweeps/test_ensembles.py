"""The best trainings together, against the best of them alone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from radiobundle.sweeps.ensembles import best_together, ensembles_table, snapshots_together
from radiobundle.sweeps.summary import summarise
from sweep_cases import finish, make_plan_of


def test_the_best_are_joined_and_compared_with_the_best_of_them(sweep_file: Any, tmp_path: Path) -> None:
    plan = make_plan_of(sweep_file, tmp_path, folds=1, seeds=[0, 1])
    summary = summarise(plan, finish(plan, tmp_path / "runs"), resamples=100)
    found = best_together(summary)
    assert [len(one.members) for one in found] == [2, 3, 5]
    assert {member.partition(",")[0] for member in found[0].members} == {"better"}
    tables = next(row for row in summary.rows if row.name == "better").predictions
    mean = (tables[0].probabilities + tables[1].probabilities) / 2
    aurocs = [roc_auc_score(table.truth, table.probabilities) for table in tables.values()]
    assert found[0].score["value"] == pytest.approx(roc_auc_score(tables[0].truth, mean))
    assert found[0].difference["value"] == pytest.approx(found[0].score["value"] - max(aurocs))
    assert found[0].members[0] == f"better, seed {np.argmax(aurocs)}" and found[0].kind == "mean of the best"
    table = ensembles_table(found, metric="auroc")
    assert list(table["networks"]) == [2, 3, 5] and "better, seed 0" in table["members"][0]


def test_one_training_is_no_ensemble(sweep_file: Any, tmp_path: Path) -> None:
    plan = make_plan_of(sweep_file, tmp_path, folds=1, seeds=[0])
    finished = [one for one in finish(plan, tmp_path / "runs") if one.trial.configuration.name == "base"]
    assert best_together(summarise(plan, finished, resamples=100)) == []


def test_a_snapshot_whose_predictions_are_gone_is_left_out(sweep_file: Any, tmp_path: Path) -> None:
    plan = make_plan_of(sweep_file, tmp_path, folds=1, seeds=[0])
    finished = [one for one in finish(plan, tmp_path / "runs") if one.trial.configuration.name == "base"]
    run = finished[0].folder
    for epoch in (1, 2, 3):
        snapshot = run / f"snapshots/epoch{epoch:03d}"
        (snapshot / "models").mkdir(parents=True)
        (snapshot / "models/model.pt").touch()
        shutil.copyfile(run / "predictions.csv", snapshot / "predictions.csv")
    (run / "snapshots/epoch002/predictions.csv").unlink()
    [found] = snapshots_together(summarise(plan, finished, resamples=100))
    assert found.members == ("base, seed 0, epoch001", "base, seed 0, epoch003")
