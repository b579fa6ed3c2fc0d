"""Where a learning curve is going: what the remaining epochs can still gain, beside the curve's own noise."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit

MIN_EPOCHS = 5  # three parameters, and something left to tell the noise


@dataclass(frozen=True)
class Projection:
    """What a fitted curve says.

    Attributes:
        gain: expected at the last epoch over now, on the fitted curve.
        noise: standard deviation of the epochs around the fitted curve.
    """

    gain: float
    noise: float


def project(scores: Sequence[float], epochs: int) -> Projection | None:
    """Fit a power law to a learning curve; None if the curve cannot be fitted, which says nothing about its end.

    The law is a - b * epoch ** -c with b and c of at least 0. Source: Domhan, Springenberg and Hutter 2015, "Speeding
    up Automatic Hyperparameter Optimization", section 3.1 (pow3).

    Args:
        scores: of the epochs so far, higher is better; at least `MIN_EPOCHS`.
        epochs: number of epochs of the whole training.

    Raises:
        ValueError: too few epochs.

    >>> found = project([1 - 0.5 / epoch for epoch in range(1, 9)], epochs=16)
    >>> round(found.gain, 4)  # from 1 - 0.5 / 8 to 1 - 0.5 / 16
    0.0312
    """
    if len(scores) < MIN_EPOCHS:
        raise ValueError(f"a projection needs at least {MIN_EPOCHS} epochs, got {len(scores)}")
    values = np.asarray(scores, dtype=float)
    if not np.isfinite(values).all():
        return None
    epoch = np.arange(1, len(values) + 1, dtype=float)
    start = (values.max(), max(values.max() - values[0], 1e-3), 1.0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)  # the curve is flat; its parameters are then free
            found, _ = curve_fit(_power_law, epoch, values, p0=start, bounds=([-np.inf, 0, 0], np.inf))
    except RuntimeError:  # no convergence
        return None
    now, end = _power_law(np.array([len(values), epochs], dtype=float), *found)
    spread = values - _power_law(epoch, *found)
    return Projection(float(end - now), float(np.sqrt((spread**2).sum() / (len(values) - 3))))


def _power_law(epoch: np.ndarray, a: float, b: float, c: float) -> np.ndarray:
    return np.asarray(a - b * epoch**-c)
