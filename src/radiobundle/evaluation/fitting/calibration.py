"""Calibration: does 0.8 mean 80 %? Maps from raw to calibrated probability, fitted on validation.

Raw probability, calibrated probability and threshold are three different things. Thresholds in this project apply to
the raw probability; calibrated probabilities are for people to read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold, KFold

from radiobundle.evaluation.fitting.calibration_maps import EPSILON, METHODS, Map, apply_maps, fit_maps, map_problem
from radiobundle.evaluation.predictions.table import Predictions, usable_truth
from radiobundle.files import read_json
from radiobundle.labels import IGNORED, is_held_out
from radiobundle.schemas import check_schema

SCHEMA = "radiobundle-calibration/1"
_FIX = "evaluate again to write one"
_FOLDS = 5
_FEWEST = 2 * _FOLDS  # patients, or images


@dataclass(frozen=True)
class Calibration:
    """Maps of one model, one for each class and method.

    Attributes:
        labels: class names.
        fitted_on: the split; never test.
        image_count: images that took part.
        maps: method -> label -> map.
        log_loss: method (and "raw") -> mean log loss in 5-fold cross-validation on the fitting images.
        recommended: the method with the lowest such loss, or "raw" unless that is lower than the raw one's by more
            than the standard error, over patients, of the difference.
        weights_sha256: content hash of the weights whose probabilities these are; None if not recorded.
    """

    labels: tuple[str, ...]
    task: str
    fitted_on: str
    image_count: int
    maps: dict[str, dict[str, Map]]
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
        return apply_maps(np.asarray(probabilities, dtype=np.float64), parameters, task=self.task)

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
            if problem := map_problem(method, parameters):
                raise ValueError(f"{name}: 'maps#{method}#{label}': {problem}; {_FIX}")
    return found


def fit_calibration(predictions: Predictions, *, seed: int = 0) -> Calibration:
    """Fit temperature, Platt and isotonic maps, and recommend one by cross-validation (by patient where known).

    If the raw probabilities make no mistake at all, nothing limits the confidence: the likelihood grows without bound
    as they are sharpened (Albert and Anderson 1984), and every map would be overconfident.

    Raises:
        ValueError: there are test rows, or rows of several splits.

    >>> from scipy.special import expit
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
    maps = {method: fit_maps(truth, raw, method=method, task=predictions.task) for method in METHODS}
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
            parameters = fit_maps(truth[train], raw[train], method=method, task=task)
            held_out[test] = apply_maps(raw[test], parameters, task=task)
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
    return np.asarray(-np.log(np.clip(right, EPSILON, 1)))
