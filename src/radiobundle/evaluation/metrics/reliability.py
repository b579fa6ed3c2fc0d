"""The reliability curve: observed fraction against predicted probability."""

from __future__ import annotations

import numpy as np


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
