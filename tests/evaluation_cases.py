"""Made-up predictions for the tests of the evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.evaluation.judging import ReportOptions, judge
from radiobundle.evaluation.predictions.csv import read_predictions, write_predictions
from radiobundle.evaluation.predictions.table import Predictions

LABELS = ("normal", "covid", "non-covid")


def predictions(
    truth: np.ndarray,
    probabilities: np.ndarray,
    *,
    task: Any = "multilabel",
    split: str = "test",
    patients: np.ndarray | None = None,
) -> Predictions:
    count, classes = truth.shape
    return Predictions(
        images=np.array([f"{index}.png" for index in range(count)]),
        patient_ids=patients,
        splits=np.full(count, split),
        labels=LABELS[:classes] if classes <= 3 else tuple(f"c{index}" for index in range(classes)),
        truth=truth.astype(np.int8),
        probabilities=probabilities.astype(float),
        groups=pd.DataFrame(index=range(count)),
        task=task,
    )


def sample_case(seed: int, *, classes: int = 3, ties: bool = False, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, (count, classes))
    truth[:2] = [[0] * classes, [1] * classes]
    scores = np.clip(rng.random((count, classes)) * 0.7 + 0.3 * truth, 0, 1)
    return truth, np.round(scores, 1) if ties else scores


def write_three_classes(path: Path) -> Path:
    """Write predictions of three exclusive classes: 120 validation and 120 test images of two sexes."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, 240)
    scores = rng.dirichlet([2, 2, 2], 240) * 0.5 + 0.5 * np.eye(3)[kind]
    both = predictions(np.eye(3)[kind], scores, task="multiclass")
    splits = np.where(np.arange(240) < 120, "validation", "test")
    groups = pd.DataFrame({"sex": rng.choice(["F", "M"], 240)})
    write_predictions(path, Predictions(**{**both.__dict__, "splits": splits, "groups": groups}))
    return path


def make_table(count: int = 40, *, seed: int = 0) -> pd.DataFrame:
    """The columns of a predictions.csv of one label, two images to a patient."""
    rng = np.random.default_rng(seed)
    truth = np.arange(count) % 2
    return pd.DataFrame(
        {
            "image": [f"{index}.png" for index in range(count)],
            "patient_id": [f"p{index // 2}" for index in range(count)],
            "split": "test",
            "label:sick": truth,
            "prob:sick": np.clip(rng.random(count) * 0.6 + 0.3 * truth, 0, 1),
        }
    )


def judge_table(table: pd.DataFrame, folder: Path, **options: Any) -> dict[str, Any]:
    """Return what metrics.json says about a table, without a figure; `options` of `ReportOptions`."""
    folder.mkdir(exist_ok=True)
    table.to_csv(folder / "predictions.csv", index=False)
    chosen = ReportOptions(bootstrap=50, **options)
    return judge(read_predictions(folder / "predictions.csv"), chosen).metrics
