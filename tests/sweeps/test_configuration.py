"""A configuration made of other trainings: a cascade of two stages, and a training with its mirror images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from bundle_runs import TINY
from radiobundle.files import read_json
from radiobundle.models.trained import load_model
from radiobundle.sweeps.plan import make_plan
from radiobundle.sweeps.run import SweepRun
from radiobundle.sweeps.sweep_file import read_sweep

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick")]
NETWORK = TINY["network_def"]
OVERRIDES = {key: value for key, value in TINY.items() if key != "network_def"}


def cascade_row() -> dict[str, Any]:
    parts = {
        f"stage{number}_checkpoint": {"recipes": [f"stage{number}"], "overrides": {"network_def": NETWORK}}
        for number in (1, 2)
    }
    return {"name": "cascade", "recipes": ["cascade"], "overrides": {"stage_def": NETWORK}, "parts": parts}


def sweep(path: Path, folder: Path, said: list[str]) -> SweepRun:
    run = SweepRun(make_plan(read_sweep(path)), folder, say=said.append)
    run.work()
    return run


def test_a_cascade_is_a_row_beside_the_single_network(sweep_file: Any, tmp_path: Path) -> None:
    softmax = {"name": "softmax", "overrides": {"network_def": NETWORK}}
    mirrored = {
        "name": "mirrored",
        "recipes": ["mirrored"],
        "overrides": {"network_def": NETWORK},
        "parts": {"checkpoint": {"overrides": {"network_def": NETWORK}}},
    }
    said: list[str] = []
    path = sweep_file(rows=[softmax, cascade_row(), mirrored], overrides=OVERRIDES)
    run = sweep(path, tmp_path / "sweep", said)
    summary = run.write().summary
    assert len(said) == 5  # softmax, two stages, cascade, mirrored
    results = pd.read_csv(tmp_path / "sweep/results.csv").set_index("configuration")
    assert list(results.index) == ["softmax", "cascade", "mirrored"] and list(results["complete"]) == [1, 1, 1]
    trials = pd.read_csv(tmp_path / "sweep/trials.csv")
    assert set(trials["configuration"]) == {*results.index, "cascade: stage1_checkpoint", "cascade: stage2_checkpoint"}
    joined = summary.rows[1].finished[0]
    assert load_model(joined.folder).labels == ("normal", "covid", "non-covid")
    predictions = pd.read_csv(joined.folder / "predictions.csv")
    score = sum(roc_auc_score(predictions[f"label:{name}"], predictions[f"prob:{name}"])
                for name in ("normal", "covid", "non-covid")) / 3  # fmt: skip
    assert results.loc["cascade", "auroc"] == pytest.approx(score, abs=1e-6) == pytest.approx(joined.outcome.score)
    assert results.loc["mirrored", "parameters"] == results.loc["softmax", "parameters"]
    again: list[str] = []
    assert sweep(path, tmp_path / "sweep", again).write().failed == () and again == []


def test_the_snapshots_of_a_training_are_an_ensemble(sweep_file: Any, tmp_path: Path) -> None:
    rows = [{"name": "cycles", "recipes": ["snapshots"], "overrides": {"cycle_epochs": 1}}, {"name": "plain"}]
    run = sweep(sweep_file(rows=rows, budget={"epochs": 2}), tmp_path / "sweep", [])
    run.write()
    table = pd.read_csv(tmp_path / "sweep/ensembles.csv").set_index("kind")
    assert table.loc["snapshots", "members"] == "cycles, seed 0, epoch001; cycles, seed 0, epoch002"
    folder = run.worker.folder_of(run.plan.trials[0])
    tables = [pd.read_csv(folder / f"snapshots/epoch00{epoch}/predictions.csv") for epoch in (1, 2)]
    names = ("normal", "covid", "non-covid")
    mean = (tables[0][[f"prob:{name}" for name in names]] + tables[1][[f"prob:{name}" for name in names]]) / 2
    score = sum(roc_auc_score(tables[0][f"label:{name}"], mean[f"prob:{name}"]) for name in names) / 3
    assert table.loc["snapshots", "auroc"] == pytest.approx(score, abs=1e-6)
    last = load_model(folder / "snapshots/epoch002")
    assert read_json(folder / "snapshots/epoch002/run.json", fix="")["config"]["snapshot_epochs"] == "@cycle_epochs"
    assert last.sha256 != load_model(folder / "snapshots/epoch001").sha256
