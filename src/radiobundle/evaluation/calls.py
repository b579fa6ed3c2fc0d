"""What a model says of each image at its thresholds, for those who want an answer beside a probability."""

from __future__ import annotations

import dataclasses

import numpy as np

from radiobundle.evaluation.metrics import decide
from radiobundle.evaluation.predictions import Predictions
from radiobundle.evaluation.thresholds import Thresholds


def add_calls(predictions: Predictions, thresholds: Thresholds | None) -> Predictions:
    """Return the predictions with a further column, or one for each label.

    Exclusive classes get `call`, a class name: of two, the second from its threshold on; of more, the most probable
    one, whatever the thresholds. Labels that may occur together get `call:<label>`, 1 or 0, each at its own threshold.

    Args:
        predictions: any images; truth is not looked at.
        thresholds: those shipped with the model; None: 0.5, or the most probable class.
    """
    one_vector_decides = predictions.task == "multilabel" or len(predictions.labels) == 2
    cuts = thresholds.vector(predictions.labels) if thresholds is not None and one_vector_decides else None
    called = decide(predictions.probabilities, task=predictions.task, thresholds=cuts)
    groups = predictions.groups.copy()
    if predictions.task == "multiclass":
        groups["call"] = np.asarray(predictions.labels, dtype=object)[called.argmax(axis=1)]
    else:
        for label, column in zip(predictions.labels, called.T, strict=True):
            groups[f"call:{label}"] = column.astype(np.int8)
    return dataclasses.replace(predictions, groups=groups)
