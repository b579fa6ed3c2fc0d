"""Decision thresholds, one per class, fitted on validation data by a named rule and stored beside the weights.

A cut lies midway between two neighbouring scores, never on a sample. Among cuts that satisfy the rule equally well, the
one with the wider gap between its two scores is chosen, then the lower one (in doubt, do not miss the disease).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from radiobundle.evaluation.predictions.table import Predictions, usable_truth
from radiobundle.files import read_json, write_json
from radiobundle.labels import IGNORED, is_held_out
from radiobundle.schemas import check_schema
from radiobundle.suggest import did_you_mean

RULES = ("youden", "f1", "accuracy", "sensitivity=0.95", "specificity=0.95")
SCHEMA = "radiobundle-thresholds/1"
_FIX = "write one with `radiobundle report`, or evaluate again"


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of one model.

    Attributes:
        rule: youden, f1, accuracy, sensitivity=X or specificity=X.
        values: label -> threshold on the raw probability; None if none could be fitted.
        fitted_on: the split they come from; never test.
        image_count: number of labelled images that were used.
        predictions_sha256: checksum of the predictions file, or None when fitted in memory.
        notes: label -> why it has no threshold.
        weights_sha256: content hash of the weights whose probabilities these are; None if not recorded.
        by: what the probabilities belong to: `image`, or study and how its images are combined (`study max`).
    """

    rule: str
    values: dict[str, float | None]
    fitted_on: str
    image_count: int
    predictions_sha256: str | None = None
    notes: dict[str, str] = field(default_factory=dict)
    weights_sha256: str | None = None
    by: str = "image"

    def vector(self, labels: tuple[str, ...]) -> np.ndarray:
        """Return thresholds in the order of `labels`, (C,), 0.5 where none could be fitted.

        Raises:
            ValueError: a label is not among the fitted ones.
        """
        for label in labels:
            if label not in self.values:
                raise ValueError(f"there is no threshold for label {label!r}{did_you_mean(label, self.values)}")
        found = [self.values[label] for label in labels]
        return np.array([0.5 if value is None else value for value in found])


def fit_thresholds(
    predictions: Predictions, *, rule: str = "youden", predictions_sha256: str | None = None
) -> Thresholds:
    """Fit one threshold per class on raw probabilities, each class against the rest.

    With two exclusive classes only the second (positive) one has a threshold, and it decides. With more, the
    most probable class stays the decision and these thresholds are reported one versus rest.

    Raises:
        ValueError: any row belongs to test (or to a split named like it), the splits are mixed, or the rule is unknown.
    """
    names = predictions.split_names
    if any(map(is_held_out, names)):
        raise ValueError(
            f"thresholds must not be fitted on split {names[-1]!r}: it would no longer be a test. "
            "Fit on validation, for example predictions.of_split('validation')"
        )
    if len(names) != 1:
        raise ValueError(f"fit thresholds on one split, got {', '.join(names) or 'no rows'}")
    truth = usable_truth(predictions.truth, task=predictions.task)
    values: dict[str, float | None] = {}
    notes = {}
    positive_index = predictions.rule.positive_index
    for index, label in enumerate(predictions.labels):
        known = truth[:, index] != IGNORED
        positive = truth[known, index] == 1
        values[label] = None
        if positive_index not in (None, index):
            notes[label] = f"the threshold of {predictions.positive_label!r} decides"
        elif not positive.any() or positive.all():
            notes[label] = f"no {'negative' if positive.any() else 'positive'} image in {names[0]}; 0.5 is used"
        else:
            values[label] = best_threshold(positive, predictions.probabilities[known, index], rule=rule)
    _parse_rule(rule)
    count = int((truth != IGNORED).any(axis=1).sum())
    return Thresholds(rule, values, names[0], count, predictions_sha256, notes)


def best_threshold(positive: np.ndarray, scores: np.ndarray, *, rule: str) -> float:
    """Return the threshold of one class; p >= threshold is predicted positive.

    Args:
        positive: (M,) bool with both values present.
        scores: (M,) probabilities.
        rule: youden (most sensitivity + specificity), f1, accuracy, sensitivity=X (most specificity with at
            least this sensitivity) or specificity=X (most sensitivity with at least this specificity).

    Raises:
        ValueError: unknown rule.

    >>> best_threshold(np.array([False, False, True, True]), np.array([0.1, 0.3, 0.5, 0.8]), rule="youden")
    0.4
    """
    name, target = _parse_rule(rule)
    levels, slot = np.unique(-scores, return_inverse=True)  # highest score first
    levels = -levels
    tp = np.concatenate([[0], np.cumsum(np.bincount(slot, positive, minlength=len(levels)))])
    fp = np.concatenate([[0], np.cumsum(np.bincount(slot, ~positive, minlength=len(levels)))])
    upper, lower = np.concatenate([[1.0], levels]), np.concatenate([levels, [0.0]])
    sensitivity, specificity = tp / tp[-1], 1 - fp / fp[-1]
    if name == "youden":
        worth = sensitivity + specificity
    elif name == "f1":
        worth = 2 * tp / (tp + fp + tp[-1])
    elif name == "accuracy":
        worth = tp - fp
    elif name == "sensitivity":
        worth = np.where(sensitivity >= target - 1e-12, specificity, -1.0)
    else:
        worth = np.where(specificity >= target - 1e-12, sensitivity, -1.0)
    # There is no room above a score of 1.
    worth = np.where(np.arange(len(worth)) == 0, np.where(levels[0] < 1, worth, -np.inf), worth)
    best = np.flatnonzero(worth >= worth.max() - 1e-12)
    gap = upper[best] - lower[best]
    chosen = best[np.flatnonzero(gap >= gap.max() - 1e-12)[-1]]
    middle = (upper[chosen] + lower[chosen]) / 2
    return float(middle if middle > lower[chosen] or chosen == len(levels) else upper[chosen])


def write_thresholds(path: str | Path, thresholds: Thresholds) -> None:
    """Write thresholds as JSON, atomically."""
    write_json(path, {"schema": SCHEMA, **asdict(thresholds)})


def read_thresholds(path: str | Path) -> Thresholds:
    """Read thresholds written by `write_thresholds`.

    Raises:
        ValueError: not such a file, a value outside [0, 1], or fitted on test; the message names the file and the key.
    """
    return parse_thresholds(read_json(path, fix=_FIX), str(path))


def parse_thresholds(content: Any, name: str) -> Thresholds:
    """Return the thresholds that parsed JSON holds; errors as `read_thresholds`, with `name` as the file's."""
    check_schema(content, "thresholds", name=name, fix=_FIX)
    thresholds = Thresholds(**{key: value for key, value in content.items() if key != "schema"})
    if is_held_out(thresholds.fitted_on):
        raise ValueError(f"{name}: fitted on {thresholds.fitted_on!r}; thresholds must not be fitted on test data")
    return thresholds


def _parse_rule(rule: str) -> tuple[str, float]:
    name, _, target = rule.partition("=")
    if name in ("youden", "f1", "accuracy") and not target:
        return name, 0.0
    if name in ("sensitivity", "specificity"):
        try:
            if 0 < float(target) <= 1:
                return name, float(target)
        except ValueError:
            pass
    raise ValueError(f"`fit_rule` {rule!r} is not one of {', '.join(RULES)}{did_you_mean(rule, RULES)}")
