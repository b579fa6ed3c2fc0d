"""Some of many, from the first to the last: lists may be sorted by class, patient or date."""

from __future__ import annotations

import numpy as np


def evenly_spread(count: int, most: int) -> np.ndarray:
    """Return indices (n,) of at most `most` of `count` things, in order; the first and the last are among them.

    >>> evenly_spread(10, 4).tolist()
    [0, 3, 6, 9]
    >>> evenly_spread(2, 4).tolist(), evenly_spread(0, 4).tolist()
    ([0, 1], [])
    """
    return np.linspace(0, count - 1, min(count, most)).round().astype(int)
