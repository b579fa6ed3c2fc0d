"""Metrics as pure functions of counts and scores, vectorised over classes and over resamples.

Conventions. An ignored label (-1) never counts. A rate whose truth lacks what it measures (no positives for recall,
precision, F1; no negatives for specificity; either for AUROC, average precision, balanced accuracy, kappa, MCC) is NaN:
undefined, and left out of means over classes. When positives exist but none is predicted, precision is 0, not
undefined: otherwise a model could raise its macro mean by never naming a hard class. scikit-learn's
`zero_division=0` says the same.
"""

from __future__ import annotations

import numpy as np

DECISION_METRICS = (
    "accuracy", "precision", "recall", "specificity", "npv", "f1", "balanced_accuracy", "bcr", "kappa", "mcc",
)  # fmt: skip
PROBABILITY_METRICS = ("auroc", "average_precision", "brier", "log_loss")
_NEEDS_POSITIVES = frozenset(
    {"precision", "recall", "f1", "bcr", "balanced_accuracy", "kappa", "mcc", "auroc", "average_precision"}
)
_NEEDS_NEGATIVES = frozenset({"specificity", "npv", "balanced_accuracy", "kappa", "mcc", "auroc", "average_precision"})


def rates(tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> dict[str, np.ndarray]:
    """Return every rate that follows from the four counts (arrays of one shape), NaN where undefined.

    `bcr` is the "balanced classification rate" of the ChestX-ray14 course study, its equation 13, (precision
    + recall) / 2, which its tables follow (row 3 of its baseline: 0.5000 and 0.0351 give 0.2676; the
    precision 0.9366 printed in row 6 of its improved baseline is a slip, since 0.0120 and 0.0556 imply
    0.0992). Elsewhere that name means (sensitivity + specificity) / 2, which is `balanced_accuracy` here.

    >>> found = rates(tp=np.array([8]), fp=np.array([2]), tn=np.array([88]), fn=np.array([2]))
    >>> float(found["recall"][0]), float(found["precision"][0])
    (0.8, 0.8)
    """
    tp, fp, tn, fn = (np.asarray(count, dtype=np.float64) for count in (tp, fp, tn, fn))
    positives, negatives, predicted = tp + fn, tn + fp, tp + fp
    total = positives + negatives
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = _ratio(tp, predicted)
        recall, specificity = tp / positives, tn / negatives
        chance = (positives * predicted + negatives * (total - predicted)) / total**2
        accuracy = (tp + tn) / total
        spread = np.sqrt(positives) * np.sqrt(negatives) * np.sqrt(predicted) * np.sqrt(total - predicted)
        values = {
            "accuracy": accuracy,
            "precision": precision,
            "recall": recall,
            "specificity": specificity,
            "npv": _ratio(tn, total - predicted),
            "f1": 2 * tp / (2 * tp + fp + fn),
            "balanced_accuracy": (recall + specificity) / 2,
            "bcr": (precision + recall) / 2,
            "kappa": (accuracy - chance) / (1 - chance),
            "mcc": _ratio(tp * tn - fp * fn, spread),
        }
    for name, value in values.items():
        if name in _NEEDS_POSITIVES:
            value[positives == 0] = np.nan
        if name in _NEEDS_NEGATIVES:
            value[negatives == 0] = np.nan
    return values


def reason_undefined(metric: str, *, positives: float, negatives: float) -> str:
    """Return why `metric` of a class with these counts is undefined."""
    if positives + negatives == 0:
        return "no labelled image"
    if positives == 0 and metric in _NEEDS_POSITIVES:
        return "no positive image"
    if negatives == 0 and metric in _NEEDS_NEGATIVES:
        return "no negative image"
    return "undefined for these counts"


def matrix_rates(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """Return accuracy, balanced accuracy, kappa and MCC (Gorodkin 2004) of exclusive classes; each (B,).

    Balanced accuracy is the mean recall over the classes that occur, as in scikit-learn; for two classes that is
    (sensitivity + specificity) / 2.

    Args:
        matrix: confusion matrices (K, K, B), truth by prediction.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    total = matrix.sum(axis=(0, 1))
    right = np.einsum("kkb->b", matrix)
    true, predicted = matrix.sum(axis=1), matrix.sum(axis=0)  # (K, B)
    one_class = (true > 0).sum(axis=0) < 2
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = (true * predicted).sum(axis=0) / total**2
        kappa = (right / total - chance) / (1 - chance)
        spread = np.sqrt(total**2 - (true**2).sum(axis=0)) * np.sqrt(total**2 - (predicted**2).sum(axis=0))
        mcc = _ratio(right * total - (true * predicted).sum(axis=0), spread)
        recall = np.einsum("kkb->kb", matrix) / true
        values = {"accuracy": right / total, "balanced_accuracy": mean_defined(recall.T), "kappa": kappa, "mcc": mcc}
    values["balanced_accuracy"][one_class] = np.nan
    values["kappa"][one_class] = np.nan
    values["mcc"][one_class] = np.nan
    return values


def mean_defined(values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the mean over the last axis without NaN, weighted if requested; NaN where nothing is defined."""
    defined = np.isfinite(values)
    counted = defined * (1.0 if weights is None else weights)
    total = counted.sum(axis=-1)
    summed = (np.where(defined, values, 0.0) * counted).sum(axis=-1)
    return np.divide(summed, total, out=np.full(summed.shape, np.nan), where=total > 0)


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Divide, giving 0 for 0/0: nothing was predicted, so nothing was correct."""
    return np.divide(numerator, denominator, out=np.zeros(np.shape(numerator)), where=denominator > 0)
