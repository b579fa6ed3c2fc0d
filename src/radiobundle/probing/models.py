"""Two simple models of features: a linear one and the nearest neighbours. Their one setting is chosen on validation."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from radiobundle.labels import Task

C_VALUES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
K_VALUES = (1, 5, 10, 20, 50, 100)
_STEPS = 500  # of the solver, at most
_ROWS = 2048  # compared with all training images at once


@dataclass(frozen=True)
class Fitted:
    """One model.

    Attributes:
        probabilities: (images, labels) of validation and test images, in the order that they were given.
        setting: the chosen setting, such as "C = 0.01".
        validation_auroc: with it, macro over labels.
    """

    probabilities: np.ndarray
    setting: str
    validation_auroc: float


def linear_probe(
    training: np.ndarray, truth: np.ndarray, others: np.ndarray, judged: np.ndarray, *, task: Task
) -> Fitted:
    """Logistic regression on standardised features; its strength C is that with the best macro AUROC on validation.

    Args:
        training: (n, features) of the training images.
        truth: (n, labels) of 1, 0 and -1 (ignored).
        others: (m, features) of validation and test images, validation first.
        judged: (v, labels) truth of the v validation images.
        task: whether classes exclude each other.
    """
    scaler = StandardScaler().fit(training)
    training, others = scaler.transform(training), scaler.transform(others)

    def predict(c: float) -> np.ndarray:
        if task == "multiclass":
            return _classes(training, truth, others, c)
        return np.stack([_label(training, truth[:, label], others, c) for label in range(truth.shape[1])], axis=1)

    return _best(predict, C_VALUES, judged, "C")


def neighbour_probe(training: np.ndarray, truth: np.ndarray, others: np.ndarray, judged: np.ndarray) -> Fitted:
    """The fraction of the k training images most similar by cosine that have a label; k is chosen on validation.

    Images whose label is ignored do not count. Arguments as for `linear_probe`.
    """
    unit = training / np.linalg.norm(training, axis=1, keepdims=True).clip(1e-12)
    most = min(max(K_VALUES), len(training))
    nearest = np.concatenate(
        [_nearest(unit, others[start : start + _ROWS], most) for start in range(0, len(others), _ROWS)]
    )
    known, present = (truth >= 0).astype(float), (truth == 1).astype(float)
    prior = present.sum(0) / known.sum(0).clip(1)

    def predict(k: float) -> np.ndarray:
        chosen = nearest[:, : int(k)]
        return (present[chosen].sum(1) + prior) / (known[chosen].sum(1) + 1)

    return _best(predict, [k for k in K_VALUES if k <= most], judged, "k")


def _nearest(unit: np.ndarray, rows: np.ndarray, most: int) -> np.ndarray:
    similarity = rows @ unit.T
    some = np.argpartition(-similarity, most - 1, axis=1)[:, :most]
    order = np.argsort(-np.take_along_axis(similarity, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


def _best(predict: Callable[[float], np.ndarray], settings: Sequence[float], judged: np.ndarray, name: str) -> Fitted:
    found = []
    for setting in settings:
        probabilities = predict(setting)
        auroc = macro_auroc(judged, probabilities[: len(judged)])
        found.append(Fitted(probabilities, f"{name} = {setting:g}", auroc))
    return max(found, key=lambda fitted: fitted.validation_auroc)


def macro_auroc(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean AUROC over labels that have both values; 0.5 if none has."""
    values = []
    for label in range(truth.shape[1]):
        known = truth[:, label] >= 0
        if len(np.unique(truth[known, label])) == 2:
            values.append(roc_auc_score(truth[known, label], probabilities[known, label]))
    return float(np.mean(values)) if values else 0.5


def _classes(training: np.ndarray, truth: np.ndarray, others: np.ndarray, c: float) -> np.ndarray:
    model = _fit(training, truth.argmax(1), c)
    found = np.zeros((len(others), truth.shape[1]))
    found[:, model.classes_] = model.predict_proba(others)
    return found


def _label(training: np.ndarray, values: np.ndarray, others: np.ndarray, c: float) -> np.ndarray:
    known = values >= 0
    if len(np.unique(values[known])) < 2:
        return np.full(len(others), float(values[known].mean()) if known.any() else 0.5)
    return _fit(training[known], values[known], c).predict_proba(others)[:, 1]


def _fit(features: np.ndarray, values: np.ndarray, c: float) -> LogisticRegression:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the best of the settings is chosen anyway
        return LogisticRegression(C=c, max_iter=_STEPS).fit(features, values)
