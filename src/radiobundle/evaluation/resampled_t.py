"""Differences between two models over folds, whose training data overlap: the corrected resampled t-test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import t as student_t


def corrected_resampled_t(
    differences: Sequence[float] | np.ndarray, *, held_out_ratio: float, level: float = 0.95
) -> dict[str, Any]:
    """Return mean, interval and p-value of differences over folds.

    The usual t-test takes folds for independent, though any two share most of their training images, and finds
    differences that are not there. The correction widens the variance of the mean from 1 / K to 1 / K + held-out /
    training images.

    Source: Nadeau and Bengio, Inference for the Generalization Error, Machine Learning 52 (2003), 239-281.

    Args:
        differences: (K,) of a score between the two models, one for each fold.
        held_out_ratio: images that are scored over images that are trained on, in one fold; 1/9 for ten folds.
        level: of the interval.

    Returns:
        `value`, `low`, `high`, `p`; the last three are None, with a `reason`, of fewer than two folds.

    >>> found = corrected_resampled_t([0.02, 0.04, 0.03, 0.01, 0.05], held_out_ratio=0.25)
    >>> round(found["value"], 3), round(found["low"], 4), round(found["high"], 4), round(found["p"], 4)
    (0.03, 0.0006, 0.0594, 0.0474)
    """
    values = np.asarray(differences, dtype=float)
    count = len(values)
    if count < 2 or not np.isfinite(values).all():
        reason = "fewer than two folds" if count < 2 else "undefined in a fold"
        value = float(values.mean()) if count else None
        return {"value": value, "low": None, "high": None, "p": None, "reason": reason}
    mean = float(values.mean())
    error = float(np.sqrt((1 / count + held_out_ratio) * values.var(ddof=1)))
    if error == 0:
        return {"value": mean, "low": mean, "high": mean, "p": 1.0 if mean == 0 else 0.0}
    step = float(student_t.ppf(0.5 + level / 2, count - 1)) * error
    p = float(2 * student_t.sf(abs(mean) / error, count - 1))
    return {"value": mean, "low": mean - step, "high": mean + step, "p": p}
