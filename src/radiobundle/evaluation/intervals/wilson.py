"""Wilson's score interval for a proportion."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm


def wilson_interval(fraction: float, count: float, *, level: float = 0.95) -> tuple[float, float]:
    """Return low and high for a proportion `fraction` of `count` independent units; `count` need not be an integer.

    Source: Wilson, Journal of the American Statistical Association 22 (1927), 209-212.

    >>> [round(edge, 3) for edge in wilson_interval(1.0, 10)]
    [0.722, 1.0]
    """
    if count <= 0:
        return 0.0, 1.0
    z = float(norm.ppf(0.5 + level / 2))
    centre = (fraction + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * float(np.sqrt(fraction * (1 - fraction) / count + z * z / (4 * count**2)))
    return max(0.0, centre - half), min(1.0, centre + half)
