"""A row of `predictions.csv` for every image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from radiobundle.evaluation.fitting.out_of_distribution import fraction_nearer
from radiobundle.evaluation.predictions.predicted import predicted_columns
from radiobundle.models.model import Answer, Model

UNUSUAL = 0.99  # fraction of validation images that are nearer, above which an image is remarked upon
UNUSUAL_REMARK = "unlike the validation images"


def tabulate(model: Model, names: Sequence[str], answer: Answer) -> pd.DataFrame:
    """Return a row per image: predicted classes, raw and (if shipped) calibrated probabilities.

    Models that ship what validation images look like add `ood_distance` and `ood_score`, the fraction of
    validation images that are nearer.
    """
    probabilities = answer.probabilities
    cuts = None if model.thresholds is None else model.thresholds.vector(model.labels)
    columns: dict[str, Any] = {"image": list(names), **predicted_columns(model.rule, probabilities, cuts)}
    columns |= {f"prob:{label}": probabilities[:, index] for index, label in enumerate(model.labels)}
    if model.calibration is not None:
        calibrated = model.calibration.apply(probabilities, method=model.calibration.recommended, labels=model.labels)
        columns |= {f"calibrated:{label}": calibrated[:, index] for index, label in enumerate(model.labels)}
    if model.reference is not None and answer.distances is not None:
        columns["ood_distance"] = answer.distances
        columns["ood_score"] = fraction_nearer(answer.distances, model.reference)
    return pd.DataFrame(columns)


def is_predicted(row: pd.Series, label: str) -> bool:
    """Whether the label is predicted in a row of the table."""
    return bool(row["predicted"] == label) if "predicted" in row else bool(row[f"predicted:{label}"] == 1)


def shown_labels(row: pd.Series, labels: Sequence[str]) -> list[str]:
    """Return the labels that are predicted in a row of the table; if there are none, the most probable one."""
    predicted = [label for label in labels if is_predicted(row, label)]
    return predicted or [max(labels, key=lambda label: row[f"prob:{label}"])]


def is_unusual(rows: pd.Series | pd.DataFrame) -> Any:
    """Whether each row's image is more unusual than nearly all validation images; False if the model has no score."""
    return rows.get("ood_score", 0) > UNUSUAL
