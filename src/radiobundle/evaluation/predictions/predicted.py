"""The predicted class of each image, beside its probabilities."""

from __future__ import annotations

import dataclasses

import numpy as np

from radiobundle.evaluation.predictions.table import Predictions


def add_predicted(predictions: Predictions, thresholds: np.ndarray | None) -> Predictions:
    """Return the predictions with an additional column, or one for each label.

    Exclusive classes get `predicted`, a class name. Labels that may occur together get `predicted:<label>`, 1 or 0.

    Args:
        predictions: predictions for any images; their truth is not used.
        thresholds: (C,) thresholds shipped with the model; None: 0.5. See `DecisionRule` for when they decide.
    """
    predicted = predictions.rule.predict(predictions.probabilities, thresholds)
    groups = predictions.groups.copy()
    if predictions.task == "multiclass":
        groups["predicted"] = np.asarray(predictions.labels, dtype=object)[predicted.argmax(axis=1)]
    else:
        for label, column in zip(predictions.labels, predicted.T, strict=True):
            groups[f"predicted:{label}"] = column.astype(np.int8)
    return dataclasses.replace(predictions, groups=groups)
