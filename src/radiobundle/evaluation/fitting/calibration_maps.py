"""Maps from raw to calibrated probability: how they are fitted and applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, logit, logsumexp, softmax
from sklearn.isotonic import IsotonicRegression

from radiobundle.labels import IGNORED

Method = Literal["temperature", "platt", "isotonic"]
METHODS: tuple[Method, ...] = ("temperature", "platt", "isotonic")
Map = Mapping[str, Any]
"""Parameters of one class: {"temperature": T}, {"slope": a, "intercept": b} on the logit, or {"raw": [...],
"calibrated": [...]} to interpolate; {} = unchanged (a class without both values, or whose images are separated without
a mistake, ties aside; a temperature without an optimum)."""
EPSILON = 1e-7
_PARAMETERS = {"temperature": ("temperature",), "platt": ("intercept", "slope"), "isotonic": ("calibrated", "raw")}
_TEMPERATURES = (0.05, 20.0)  # that are looked for
_AT_BOUND = 1.01  # a temperature within this factor of either has no optimum between them


def fit_maps(truth: np.ndarray, raw: np.ndarray, *, method: Method, task: str) -> list[Map]:
    """Return the map of each class.

    Args:
        truth: (N, C), 0, 1 or ignored.
        raw: probabilities (N, C).
        method: temperature (Guo et al. 2017) divides the logit, by one number for exclusive classes, by one for each
            class otherwise; platt (1999, with his smoothed targets) also shifts it; isotonic only keeps the order.
        task: multiclass or multilabel.
    """
    if method == "temperature" and task == "multiclass":
        rows = (truth == 1).any(axis=1)
        right = truth[rows] == 1
        if right.any(axis=0).sum() < 2 or (raw[rows][right] >= raw[rows].max(axis=1)).all():
            return [{}] * truth.shape[1]
        logits = np.log(np.clip(raw[rows], EPSILON, 1))
        return [_temperature(lambda t: _softmax_loss(logits / t, right))] * truth.shape[1]
    found = []
    for index in range(truth.shape[1]):
        known = truth[:, index] != IGNORED
        found.append(_fit_one(truth[known, index] == 1, raw[known, index], method))
    return found


def _fit_one(positive: np.ndarray, raw: np.ndarray, method: Method) -> Map:
    if not positive.any() or positive.all() or raw[positive].min() >= raw[~positive].max():
        return {}
    logits = _logit(raw)
    if method == "temperature":
        return _temperature(lambda t: _sigmoid_loss(logits / t, positive))
    if method == "platt":
        target = np.where(positive, (positive.sum() + 1) / (positive.sum() + 2), 1 / ((~positive).sum() + 2))
        best = minimize(lambda ab: _sigmoid_loss(ab[0] * logits + ab[1], target), np.array([1.0, 0.0]))
        return {"slope": float(best.x[0]), "intercept": float(best.x[1])}
    edge = 1 / (len(positive) + 2)  # a finite sample never proves a probability of 0 or 1
    curve = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip").fit(raw, positive)
    return {"raw": curve.X_thresholds_.tolist(), "calibrated": curve.y_thresholds_.tolist()}


def apply_maps(raw: np.ndarray, parameters: Sequence[Map], *, task: str) -> np.ndarray:
    """Return calibrated probabilities (N, C) by the map of each class; exclusive classes sum to 1 again."""
    if not any(parameters):
        return raw
    if task == "multiclass" and "temperature" in parameters[0]:
        logits = np.log(np.clip(raw, EPSILON, 1)) / parameters[0]["temperature"]
        return np.asarray(softmax(logits, axis=1))
    columns = [_apply_one(column, found) for column, found in zip(raw.T, parameters, strict=True)]
    calibrated = np.stack(columns, axis=1)
    if task == "multiclass":
        calibrated /= np.maximum(calibrated.sum(axis=1, keepdims=True), EPSILON)
    return calibrated


def _apply_one(raw: np.ndarray, found: Map) -> np.ndarray:
    if "temperature" in found:
        return expit(_logit(raw) / found["temperature"])
    if "slope" in found:
        return expit(found["slope"] * _logit(raw) + found["intercept"])
    if "raw" in found:
        return np.interp(raw, found["raw"], found["calibrated"])
    return raw


def map_problem(method: str, parameters: Map) -> str:
    """Return what is wrong with one map, which follows the schema; empty: nothing."""
    wanted = _PARAMETERS[method]
    if parameters and tuple(sorted(parameters)) != wanted:
        return f"has {', '.join(sorted(parameters))}, not {', '.join(wanted)}"
    if method != "isotonic" or not parameters:
        return ""
    raw, calibrated = parameters["raw"], parameters["calibrated"]
    if len(raw) != len(calibrated):
        return f"{len(raw)} raw values but {len(calibrated)} calibrated ones"
    rises = all(before <= after for values in (raw, calibrated) for before, after in pairwise(values))
    return "" if rises else "its values do not increase"


def _temperature(loss: Callable[[float], float]) -> Map:
    """Return the temperature with the lowest loss; {} where the loss falls up to a bound of what is looked for."""
    lowest, highest = _TEMPERATURES
    bounds = (np.log(lowest), np.log(highest))
    found = float(np.exp(minimize_scalar(lambda log_t: loss(np.exp(log_t)), bounds=bounds, method="bounded").x))
    has_optimum = lowest * _AT_BOUND < found < highest / _AT_BOUND
    return {"temperature": found} if has_optimum else {}


def _softmax_loss(logits: np.ndarray, right: np.ndarray) -> float:
    return float((logsumexp(logits, axis=1) - logits[right]).mean())


def _sigmoid_loss(logits: np.ndarray, target: np.ndarray) -> float:
    return float((np.logaddexp(0, logits) - target * logits).mean())


def _logit(p: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(p, EPSILON, 1 - EPSILON)))
