"""Probabilities in single precision that give the same decisions as in double precision."""

from __future__ import annotations

import numpy as np

from radiobundle.evaluation.decision import DecisionRule


def single_precision(probabilities: np.ndarray, rule: DecisionRule, thresholds: np.ndarray | None) -> np.ndarray:
    """Return probabilities (N, C) as float32, on the same side of the thresholds, with the same most probable class.

    Very confident networks give probabilities that differ in double precision only. Those that rounding would carry
    to the other side of a threshold, or would tie with a greater one, go to the next float32 instead.

    Args:
        probabilities: (N, C) float64; NaN where there is none.
        rule: that decides.
        thresholds: (C,), from which on a class is predicted; None: 0.5.

    >>> rule = DecisionRule("multilabel", ("mass",))
    >>> almost = np.array([[1 - 1e-12]])
    >>> bool(almost.astype(np.float32)[0, 0] >= 1), bool(single_precision(almost, rule, np.ones(1))[0, 0] >= 1)
    (True, False)
    """
    single = probabilities.astype(np.float32)
    if rule.is_exclusive:
        best, found = (np.nan_to_num(values, nan=-1.0).argmax(axis=1) for values in (probabilities, single))
        rows = np.flatnonzero(best != found)
        single[rows, best[rows]] = np.nextafter(single[rows, found[rows]], np.float32(2))
        return single
    cuts = np.full(len(rule.labels), 0.5) if thresholds is None else thresholds
    above = probabilities >= cuts
    wide = single.astype(np.float64)  # as the page compares them
    up, down = above & (wide < cuts), ~above & (wide >= cuts)
    single[up] = np.nextafter(single[up], np.float32(2))
    single[down] = np.nextafter(single[down], np.float32(-1))
    return single
