"""The weight of each member of an ensemble, fitted on the members' validation predictions."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

_SMALLEST = 1e-7


def fit_member_weights(truth: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the weights of the mean probability that has the lowest log loss.

    The log loss of a weighted mean is convex in the weights, so there is one best mixture; identical members share it.

    Args:
        truth: (N, C) of 1, 0, -1 = ignored; validation images, never test.
        probabilities: (members, N, C).

    Returns:
        (members,), not negative, summing to 1.

    Raises:
        ValueError: no label is known.

    >>> fit_member_weights(np.array([[1], [0]]), np.array([[[0.9], [0.1]], [[0.5], [0.5]]])).round(3).tolist()
    [1.0, 0.0]
    """
    known = truth >= 0
    if not known.any():
        raise ValueError("fitting the weights of an ensemble needs labelled validation images")
    # The probability that each member gave to the truth.
    given = np.where(truth == 1, probabilities, 1 - probabilities)[:, known].clip(_SMALLEST, 1)
    count = len(given)

    def log_loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        mixed = weights @ given
        return float(-np.log(mixed).mean()), -(given / mixed).mean(axis=1)

    found = minimize(
        log_loss,
        np.full(count, 1 / count),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1, "jac": lambda weights: np.ones(count)},
    )
    weights = found.x.clip(0)
    return np.asarray(weights / weights.sum())
