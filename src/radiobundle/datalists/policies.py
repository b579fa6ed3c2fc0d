"""What becomes of labels that are uncertain or not mentioned. Pure functions on label values."""

from __future__ import annotations

import numpy as np

from radiobundle.datalists.options import NOT_MENTIONED_CHOICES, UNCERTAIN_CHOICES, check_choice
from radiobundle.labels import IGNORED, UNCERTAIN

_VALUE = {"ones": 1, "zeros": 0, "ignore": IGNORED}


def decide_labels(values: np.ndarray, *, uncertain: str = "ignore", not_mentioned: str = "zeros") -> np.ndarray:
    """Turn what a source says into what a network is taught.

    Args:
        values: float array of any shape: 1 present, 0 absent, -1 uncertain, NaN not mentioned.
        uncertain: `ones`, `zeros` or `ignore` (U-Ones, U-Zeros, U-Ignore of Irvin et al. 2019, CheXpert, section 3).
        not_mentioned: `zeros` or `ignore`.

    Returns:
        int8 array of the same shape: 1, 0, or -1 = ignored by loss and metrics.

    Raises:
        ValueError: an unknown policy, or a value other than 1, 0, -1 and NaN.

    >>> decide_labels(np.array([1, 0, -1, np.nan]), uncertain="ones").tolist()
    [1, 0, 1, 0]
    """
    check_choice("uncertain", uncertain, UNCERTAIN_CHOICES)
    check_choice("not_mentioned", not_mentioned, NOT_MENTIONED_CHOICES)
    values = np.asarray(values, dtype=float)
    silent = np.isnan(values)
    if not np.isin(values[~silent], (UNCERTAIN, 0, 1)).all():
        raise ValueError("label values may be 1, 0, -1 (uncertain) or NaN (not mentioned)")
    decided = np.where(values == UNCERTAIN, _VALUE[uncertain], values)
    return np.where(silent, _VALUE[not_mentioned], decided).astype(np.int8)
