"""What becomes of labels that are uncertain or not mentioned. Pure functions on label values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from radiobundle.datalists.options import NOT_MENTIONED_CHOICES, UNCERTAIN_CHOICES, Policy, check_choice
from radiobundle.labels import IGNORED, UNCERTAIN
from radiobundle.suggest import did_you_mean

_VALUE = {"ones": 1, "zeros": 0, "ignore": IGNORED}


def decide_labels(
    values: np.ndarray, *, uncertain: Policy = "ignore", not_mentioned: str = "zeros", labels: Sequence[str] = ()
) -> np.ndarray:
    """Turn what a source says into what a network is taught.

    Args:
        values: float array of any shape: 1 present, 0 absent, -1 uncertain, NaN not mentioned.
        uncertain: `ones`, `zeros` or `ignore` (U-Ones, U-Zeros, U-Ignore of Irvin et al. 2019, CheXpert, section 3),
            or one of these by label.
        not_mentioned: `zeros` or `ignore`.
        labels: names along the last axis, for a policy by label.

    Returns:
        int8 array of the same shape: 1, 0, or -1 = ignored by loss and metrics.

    Raises:
        ValueError: an unknown policy or label, or a value other than 1, 0, -1 and NaN.

    >>> decide_labels(np.array([1, 0, -1, np.nan]), uncertain="ones").tolist()
    [1, 0, 1, 0]
    >>> decide_labels(np.array([[-1, -1]]), uncertain={"Edema": "ones", "*": "ignore"}, labels=("Edema", "Mass"))
    array([[ 1, -1]], dtype=int8)
    """
    check_choice("not_mentioned", not_mentioned, NOT_MENTIONED_CHOICES)
    values = np.asarray(values, dtype=float)
    silent = np.isnan(values)
    if not np.isin(values[~silent], (UNCERTAIN, 0, 1)).all():
        raise ValueError("label values may be 1, 0, -1 (uncertain) or NaN (not mentioned)")
    decided = np.where(values == UNCERTAIN, _values_of(uncertain, labels), values)
    return np.where(silent, _VALUE[not_mentioned], decided).astype(np.int8)


def _values_of(policy: Policy, labels: Sequence[str]) -> np.ndarray:
    if isinstance(policy, str):
        check_choice("uncertain", policy, UNCERTAIN_CHOICES)
        return np.array(_VALUE[policy])
    for name, choice in policy.items():
        check_choice("uncertain", choice, UNCERTAIN_CHOICES)
        if name not in (*labels, "*"):
            raise ValueError(f"`uncertain`: there is no label '{name}'{did_you_mean(name, labels)}")
    return np.array([_VALUE[_choice_of(policy, label)] for label in labels])


def _choice_of(policy: Mapping[str, str], label: str) -> str:
    choice = policy.get(label, policy.get("*"))
    if choice is None:
        raise ValueError(f"`uncertain` says nothing of '{label}'; add *=POLICY for every other label")
    return choice
