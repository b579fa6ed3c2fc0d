"""Small sweeps: over thirty images that are soon trained, or with predictions that are known, without a training."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import yaml

from bundle_runs import PNEUMONIA, TINY, blank_figures
from processes import START_METHOD
from radiobundle.evaluation.predictions.csv import write_predictions
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.sweeps import processes
from radiobundle.sweeps.outcome import Outcome
from radiobundle.sweeps.plan import Plan, make_plan
from radiobundle.sweeps.summary import Finished
from radiobundle.sweeps.sweep_file import read_sweep

ROWS = [{"name": "base"}, {"name": "better", "overrides": {"learning_rate": 0.1}},
        {"name": "same", "overrides": {"learning_rate": 0.2}}]  # fmt: skip
STRENGTH = {"base": 0.4, "better": 1.2, "same": 0.4}


def write_sweep(folder: Path, **content: Any) -> Path:
    """Write a sweep file of the pneumonia bundle; what is given comes over the usual."""
    usual = {"bundle": str(PNEUMONIA), "dataset_dir": "images", "datalist": "datalist.json", "budget": {"epochs": 1}}
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump({**usual, "overrides": TINY, **content}))
    return path


@contextmanager
def quick_trials() -> Iterator[None]:
    """Trials are forks of this process, and their figures blank."""
    with patch.object(processes, "START_METHOD", START_METHOD), blank_figures():
        yield


def make_plan_of(sweep_file: Any, folder: Path, *, folds: int, seeds: list[int]) -> Plan:
    """Plan over a list of 120 images of two labels in 120 / folds validation images each."""
    items = [{"image": f"{index}.png", "label": [index // 4 % 2]} for index in range(120)]
    for fold in range(folds):
        validation = items[fold::folds] if folds > 1 else items
        training = [item for item in items if item not in validation] or [{"image": "t.png", "label": [1]}]
        content = {"labels": ["a"], "task": "multilabel", "training": training, "validation": validation, "test": []}
        (folder / f"fold{fold}.json").write_text(json.dumps(content))
    return make_plan(read_sweep(sweep_file(datalist="fold*.json", rows=ROWS, seeds=seeds)))


def finish(plan: Plan, folder: Path, *, missing: tuple[str, int] | None = None) -> list[Finished]:
    """Write predictions of every trial, whose strength depends on the row and, a little, on the seed."""
    finished = []
    for trial in plan.trials:
        name = trial.configuration.name
        outcome = Outcome(id=trial.id, state="complete", epochs=1, best_epoch=1, score=0.5, parameters=9)
        if (name, trial.seed) == missing:
            outcome = Outcome(id=trial.id, state="failed", reason="diverged: train_loss was nan in epoch 1")
        run = folder / trial.folder_name
        items = plan.datalists[trial.fold].splits["validation"]
        truth = np.array([item["label"] for item in items])
        rng = np.random.default_rng([trial.seed, trial.fold])
        logits = (2 * truth - 1) * STRENGTH[name] + rng.normal(0, 1, truth.shape)
        logits += rng.normal(0, 0.05, truth.shape) * (name == "same")
        images = np.array([item["image"] for item in items])
        table = Predictions(images, None, np.full(len(items), "validation"), ("a",), truth, 1 / (1 + np.exp(-logits)))
        write_predictions(run / "predictions.csv", table)
        pd.DataFrame({"epoch": [1], "val_loss": [0.5], "val_auroc": [0.5]}).to_csv(run / "history.csv", index=False)
        finished.append(Finished(trial, outcome, run))
    return finished
