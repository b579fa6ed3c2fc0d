"""Made-up predictions for the tests of the evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

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
        images=np.array([f"{number}.png" for number in range(count)]),
        patient_ids=patients,
        splits=np.full(count, split),
        labels=LABELS[:classes] if classes <= 3 else tuple(f"c{number}" for number in range(classes)),
        truth=truth.astype(np.int8),
        probabilities=probabilities.astype(float),
        groups=pd.DataFrame(index=range(count)),
        task=task,
    )


def draw_case(seed: int, *, classes: int = 3, ties: bool = False, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, (count, classes))
    truth[:2] = [[0] * classes, [1] * classes]
    scores = np.clip(rng.random((count, classes)) * 0.7 + 0.3 * truth, 0, 1)
    return truth, np.round(scores, 1) if ties else scores
