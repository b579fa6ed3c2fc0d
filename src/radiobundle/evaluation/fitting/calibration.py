"""Calibration: does 0.8 mean 80 %? Maps from raw to calibrated probability, fitted on validation.

Raw probability, calibrated probability and threshold are three different things. Thresholds in this project apply to
the raw probability; calibrated probabilities are for people to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, logit, logsumexp, softmax
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import GroupKFold, KFold

from radiobundle.evaluation.predictions.table import Predictions, usable_truth
from radiobundle.files import read_json
from radiobundle.labels import IGNORED, is_held_out
from radiobundle.schemas import check_schema

Method = Literal["temperature", "platt", "isotonic"]
METHODS: tuple[Method, ...] = ("temperature", "platt", "isotonic")
SCHEMA = "radiobundle-calibration/1"
_PARAMETERS = {"temperature": ("temperature",), "platt": ("intercept", "slope"), "isotonic": ("calibrated", "raw")}
_FIX = "evaluate again to write one"
_EPSILON = 1e-7
_FOLDS = 5
_FEWEST = 2 * _FOLDS  # patients, or images
_TEMPERATURES = (0.05, 20.0)  # that are looked for
_AT_BOUND = 1.01  # a temperature within this factor of either has no optimum between them


@dataclass(frozen=True)
class Calibration:
    """Maps of one model, one for each class and method.

    Attributes:
        labels: class names.
        fitted_on: the split; never test.
        image_count: images that took part.
        maps: method -> label -> parameters: {"temperature": T}, {"slope": a, "intercept": b} on the logit, or {"raw":
            [...], "calibrated": [...]} to interpolate; {} = unchanged (a class without both values, or whose
            images are separated without a mistake, ties aside; a temperature without an optimum).
        log_loss: method (and "raw") -> mean log loss in 5-fold cross-validation on the fitting images.
        recommended: the method with the lowest such loss, or "raw" unless that is lower than the raw one's by more
            than the standard error, over patients, of the difference.
        weights_sha256: content hash of the weights whose probabilities these are; None if not recorded.
    """

    labels: tuple[str, ...]
    task: str
    fitted_on: str
    image_count: int
    maps: dict[str, dict[str, dict[str, Any]]]
    log_loss: dict[str, float]
    recommended: str
    weights_sha256: str | None = None

    def apply(self, probabilities: np.ndarray, *, method: str, labels: Sequence[str] | None = None) -> np.ndarray:
        """Return calibrated probabilities (N, C); exclusive classes sum to 1 again. "raw" changes nothing.

        Args:
            probabilities: (N, C), raw.
            method: one of `METHODS`, or "raw".
            labels: names of the C columns, in any order; None: those of the calibration, in its own order.

        Raises:
            ValueError: the labels are not the ones that were calibrated.
        """
        labels = self.labels if labels is None else labels
        if sorted(labels) != sorted(self.labels):
            raise ValueError(f"the calibration is for {list(self.labels)}, not for {list(labels)}; evaluate again")
        if method == "raw":
            return np.asarray(probabilities)
        parameters = [self.maps[method][label] for label in labels]
        return _apply(np.asarray(probabilities, dtype=np.float64), parameters, task=self.task)

    def notes(self) -> list[str]:
        """Return what was not calibrated or not judged, for people."""
        found = []
        if not self.log_loss:
            found.append(
                f"Calibration is not recommended: {self.fitted_on} has fewer than {_FEWEST} patients (or images), too "
                "few to judge it by cross-validation."
            )
        unchanged = [label for label in self.labels if not any(maps[label] for maps in self.maps.values())]
        if unchanged:
            found.append(
                f"Not calibrated, because {self.fitted_on} has a single value there, or makes no mistake: "
                f"{', '.join(unchanged)}."
            )
        return found

    def to_json(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "schema": SCHEMA,
            "labels": list(self.labels),
            "task": self.task,
            "fitted_on": self.fitted_on,
            "image_count": self.image_count,
            "weights_sha256": self.weights_sha256,
            "recommended": self.recommended,
            "cross_validated_log_loss": self.log_loss,
            "maps": self.maps,
        }


def read_calibration(path: str | Path) -> Calibration:
    """Read what an evaluation stored as `calibration.json`.

    Raises:
        ValueError: not such a file, or fitted on test; the message names the file and the key.
    """
    return parse_calibration(read_json(path, fix=_FIX), str(path))


def parse_calibration(content: Any, name: str) -> Calibration:
    """Return the calibration that parsed JSON holds; errors as `read_calibration`, with `name` as the file's."""
    check_schema(content, "calibration", name=name, fix=_FIX)
    known = {key: value for key, value in content.items() if key not in ("schema", "cross_validated_log_loss")}
    found = Calibration(**{**known, "labels": tuple(known["labels"])}, log_loss=content["cross_validated_log_loss"])
    if is_held_out(found.fitted_on):
        raise ValueError(f"{name}: fitted on {found.fitted_on!r}; calibration must not use test data")
    for method, maps in found.maps.items():
        if sorted(maps) != sorted(found.labels):
            raise ValueError(f"{name}: 'maps#{method}' is for {sorted(maps)}, not for {sorted(found.labels)}; {_FIX}")
        if method == "temperature" and found.task == "multiclass" and len({str(one) for one in maps.values()}) > 1:
            raise ValueError(f"{name}: 'maps#temperature' differs between exclusive classes; {_FIX}")
        for label, parameters in maps.items():
            if problem := _map_problem(method, parameters):
                raise ValueError(f"{name}: 'maps#{method}#{label}': {problem}; {_FIX}")
    return found


def _map_problem(method: str, parameters: Mapping[str, Any]) -> str:
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


def fit_calibration(predictions: Predictions, *, seed: int = 0) -> Calibration:
    """Fit temperature, Platt and isotonic maps, and recommend one by cross-validation (by patient where known).

    Temperature (Guo et al. 2017) divides the logit, one number for exclusive classes, one for each class otherwise;
    Platt (1999, with his smoothed targets) also shifts it; isotonic regression only keeps the order. If the raw
    probabilities make no mistake at all, nothing limits the confidence: the likelihood grows without bound as they
    are sharpened (Albert and Anderson 1984), and every map would be overconfident.

    Raises:
        ValueError: there are test rows, or rows of several splits.

    >>> rng = np.random.default_rng(0)
    >>> truth, names = rng.integers(0, 2, (200, 1)), np.array([f"{index}.png" for index in range(200)])
    >>> sure = expit(6 * truth - 3 + rng.normal(0, 3, (200, 1)) * 2)  # overconfident
    >>> found = fit_calibration(Predictions(names, None, np.array(["validation"] * 200), ("sick",), truth, sure))
    >>> bool(found.maps["temperature"]["sick"]["temperature"] > 1)
    True
    """
    names = predictions.split_names
    if len(names) != 1 or is_held_out(names[0]):
        raise ValueError(f"calibration is fitted on one split that is not test, got {', '.join(names)}")
    truth = usable_truth(predictions.truth, task=predictions.task)
    known = (truth != IGNORED).any(axis=1)
    truth, raw = truth[known], predictions.probabilities[known]
    patients = None if predictions.patient_ids is None else predictions.patient_ids[known]
    maps = {method: _fit(truth, raw, method=method, task=predictions.task) for method in METHODS}
    losses = _cross_validate(truth, raw, patients, task=predictions.task, seed=seed)
    idle = [method for method in METHODS if not any(maps[method])]  # with nothing to recommend
    means = {method: float(values.mean()) for method, values in losses.items()}
    return Calibration(
        labels=predictions.labels,
        task=predictions.task,
        fitted_on=names[0],
        image_count=len(truth),
        maps={method: dict(zip(predictions.labels, found, strict=True)) for method, found in maps.items()},
        log_loss=means,
        recommended=_recommend({name: loss for name, loss in losses.items() if name not in idle}, truth, patients),
    )


def reliability(positive: np.ndarray, probabilities: np.ndarray, *, bins: int = 10) -> dict[str, np.ndarray]:
    """Return, for each non-empty bin of equal width: images, mean probability, observed fraction of positives."""
    bin_of = np.minimum((probabilities * bins).astype(int), bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    full = count > 0
    return {
        "images": count[full],
        "probability": np.bincount(bin_of, probabilities, minlength=bins)[full] / count[full],
        "observed": np.bincount(bin_of, positive, minlength=bins)[full] / count[full],
    }


def _fit(truth: np.ndarray, raw: np.ndarray, *, method: Method, task: str) -> list[dict[str, Any]]:
    if method == "temperature" and task == "multiclass":
        rows = (truth == 1).any(axis=1)
        right = truth[rows] == 1
        if right.any(axis=0).sum() < 2 or (raw[rows][right] >= raw[rows].max(axis=1)).all():
            return [{}] * truth.shape[1]
        logits = np.log(np.clip(raw[rows], _EPSILON, 1))
        return [_temperature(lambda t: _softmax_loss(logits / t, right))] * truth.shape[1]
    found = []
    for index in range(truth.shape[1]):
        known = truth[:, index] != IGNORED
        found.append(_fit_one(truth[known, index] == 1, raw[known, index], method))
    return found


def _fit_one(positive: np.ndarray, raw: np.ndarray, method: Method) -> dict[str, Any]:
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


def _apply(raw: np.ndarray, parameters: list[dict[str, Any]], *, task: str) -> np.ndarray:
    if not any(parameters):
        return raw
    if task == "multiclass" and "temperature" in parameters[0]:
        logits = np.log(np.clip(raw, _EPSILON, 1)) / parameters[0]["temperature"]
        return np.asarray(softmax(logits, axis=1))
    columns = [_apply_one(column, found) for column, found in zip(raw.T, parameters, strict=True)]
    calibrated = np.stack(columns, axis=1)
    if task == "multiclass":
        calibrated /= np.maximum(calibrated.sum(axis=1, keepdims=True), _EPSILON)
    return calibrated


def _apply_one(raw: np.ndarray, found: dict[str, Any]) -> np.ndarray:
    if "temperature" in found:
        return expit(_logit(raw) / found["temperature"])
    if "slope" in found:
        return expit(found["slope"] * _logit(raw) + found["intercept"])
    if "raw" in found:
        return np.interp(raw, found["raw"], found["calibrated"])
    return raw


def _cross_validate(
    truth: np.ndarray, raw: np.ndarray, patients: np.ndarray | None, *, task: str, seed: int
) -> dict[str, np.ndarray]:
    """Return the log loss of every known label, raw and by each method fitted without its fold."""
    units = len(truth) if patients is None else len(set(patients))
    if units < _FEWEST:
        return {}
    if patients is None:
        folds = list(KFold(_FOLDS, shuffle=True, random_state=seed).split(raw))
    else:
        folds = list(GroupKFold(_FOLDS).split(raw, groups=patients.astype(str)))
    losses = {"raw": _log_losses(truth, raw)}
    for method in METHODS:
        held_out = np.array(raw)
        for train, test in folds:
            parameters = _fit(truth[train], raw[train], method=method, task=task)
            held_out[test] = _apply(raw[test], parameters, task=task)
        losses[method] = _log_losses(truth, held_out)
    return losses


def _recommend(losses: Mapping[str, np.ndarray], truth: np.ndarray, patients: np.ndarray | None) -> str:
    """Return the method with the lowest loss, if it is lower than the raw one's by more than a standard error.

    The error is that over patients (images, where nobody knows them): labels of one patient are not independent.
    """
    best = min(losses, key=lambda name: losses[name].mean(), default="raw")
    if best == "raw":
        return best
    gained = losses["raw"] - losses[best]
    rows = np.arange(len(truth)) if patients is None else np.unique(patients.astype(str), return_inverse=True)[1]
    unit_of_label = rows[np.nonzero(truth != IGNORED)[0]]
    sums = np.bincount(unit_of_label, gained - gained.mean(), minlength=rows.max() + 1)
    count = len(np.unique(unit_of_label))
    error = np.sqrt((sums**2).sum() * count / (count - 1)) / len(gained)
    return best if gained.mean() > error else "raw"


def _log_losses(truth: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    right = np.where(truth == 1, probabilities, 1 - probabilities)[truth != IGNORED]
    return np.asarray(-np.log(np.clip(right, _EPSILON, 1)))


def _temperature(loss: Callable[[float], float]) -> dict[str, Any]:
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
    return np.asarray(logit(np.clip(p, _EPSILON, 1 - _EPSILON)))
