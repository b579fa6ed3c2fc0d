"""The average of several networks' weights as one network, made once and compared with the best of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import roc_auc_score

from radiobundle.models.trained import load_model
from radiobundle.sweeps.ensembles import ranked_trainings
from radiobundle.sweeps.plan import make_plan
from radiobundle.sweeps.run import SweepRun
from radiobundle.sweeps.soups import greedy_members, make_soups
from radiobundle.sweeps.sweep_file import read_sweep

ONE_START = {"rows": [{"name": "a"}, {"name": "b", "overrides": {"learning_rate": 0.003}},
                      {"name": "other network", "overrides": {"network_def#fc_nodes": [6, 6]}}],
             "soup": 3, "budget": {"epochs": 2}}  # fmt: skip


def test_a_greedy_soup_keeps_what_does_not_harm() -> None:
    scores = {("a",): 0.9, ("a", "b"): 0.8, ("a", "c"): 0.9, ("a", "c", "d"): 0.95}
    assert greedy_members(list("abcd"), lambda some: scores[tuple(some)]) == ["a", "c", "d"]


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_a_soup_is_a_run_with_the_average_weights(sweep_file: Any, tmp_path: Path) -> None:
    said: list[str] = []
    path = sweep_file(**ONE_START)
    run = SweepRun(make_plan(read_sweep(path)), tmp_path / "sweep", say=said.append)
    run.work()
    summary = run.write().summary
    assert any("1 of the best 3 trainings have another network" in text for text in said)
    table = pd.read_csv(tmp_path / "sweep/ensembles.csv").set_index("kind")
    best, second = [one for one in ranked_trainings(summary) if one.row.name != "other network"]
    row = table.loc["uniform soup"]
    assert row["networks"] == 2 and row["members"] == f"{best.name}; {second.name}"
    soups = list((tmp_path / "sweep/soups").iterdir())
    assert len(soups) == 1  # the greedy one is made of the same two, or of the best alone
    networks = [load_model(one.trials[0].folder).network.state_dict() for one in (best, second)]
    averaged = load_model(soups[0]).network.state_dict()
    for name, value in averaged.items():
        expected = (networks[0][name].double() + networks[1][name].double()) / 2
        assert torch.allclose(value.double(), expected, atol=1e-7)
    predictions = pd.read_csv(soups[0] / "predictions.csv")
    assert set(predictions["split"]) == {"validation"}
    aurocs = [
        roc_auc_score(predictions[f"label:{label}"], predictions[f"prob:{label}"])
        for label in ("normal", "covid", "non-covid")
    ]
    assert row["auroc"] == pytest.approx(np.mean(aurocs), abs=1e-6)
    before = (soups[0] / "predictions.csv").stat().st_mtime_ns
    make_soups(run.worker, summary, size=3)
    assert (soups[0] / "predictions.csv").stat().st_mtime_ns == before


def test_a_soup_of_folds_is_refused(sweep_file: Any, tmp_path: Path) -> None:
    text = (tmp_path / "datalist.json").read_text()
    for fold in range(2):
        (tmp_path / f"fold{fold}.json").write_text(text)
    with pytest.raises(ValueError, match="have seen each other's validation images"):
        read_sweep(sweep_file(datalist="fold*.json", soup=2))
