"""The predicted class of each image, beside its probabilities."""

from __future__ import annotations

import dataclasses

import numpy as np

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.evaluation.predictions.table import Predictions


def add_predicted(predictions: Predictions, thresholds: np.ndarray | None) -> Predictions:
    """Return the predictions with an additional column, or one for each label.

    Exclusive classes get `predicted`, a class name. Labels that may occur together get `predicted:<label>`, 1 or 0.

    Args:
        predictions: predictions for any images; their truth is not used.
        thresholds: (C,) thresholds shipped with the model; None: 0.5. See `DecisionRule` for when they decide.
    """
    groups = predictions.groups.assign(**predicted_columns(predictions.rule, predictions.probabilities, thresholds))
    return dataclasses.replace(predictions, groups=groups)


def predicted_columns(
    rule: DecisionRule, probabilities: np.ndarray, thresholds: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Return the columns (N,) by their names, see `add_predicted`.

    >>> predicted_columns(DecisionRule("multiclass", ("normal", "covid")), np.array([[0.4, 0.6]]), None)
    {'predicted': array(['covid'], dtype=object)}
    """
    predicted = rule.predict(probabilities, thresholds)
    if rule.task == "multiclass":
        return {"predicted": np.asarray(rule.labels, dtype=object)[predicted.argmax(axis=1)]}
    return {
        f"predicted:{label}": column.astype(np.int8) for label, column in zip(rule.labels, predicted.T, strict=True)
    }
