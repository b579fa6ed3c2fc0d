"""Policies for labels that are uncertain or not mentioned. Pure functions on label values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from radiobundle.datalists.options import NOT_MENTIONED_CHOICES, UNCERTAIN_CHOICES, Policy
from radiobundle.labels import IGNORED, UNCERTAIN, UNCERTAIN_CLASS
from radiobundle.suggest import check_choice, did_you_mean

# Range in which an uncertain label is sampled; Pham et al. 2019 give those of the smoothed ones and zeros.
_RANGES: dict[str, tuple[float, float]] = {
    "ones": (1, 1),
    "zeros": (0, 0),
    "ignore": (IGNORED, IGNORED),
    "multiclass": (UNCERTAIN_CLASS, UNCERTAIN_CLASS),
    "smoothed-ones": (0.55, 0.85),
    "smoothed-zeros": (0.0, 0.3),
    "self-trained": (IGNORED, IGNORED),  # until a trained network predicts it, see `self_training`
}
_DIGITS = 4  # of a soft label


def decide_labels(
    values: np.ndarray,
    *,
    uncertain: Policy = "ignore",
    not_mentioned: str = "zeros",
    labels: Sequence[str] = (),
    seed: int = 0,
) -> np.ndarray:
    """Turn a source's label values into training labels.

    Args:
        values: float array of any shape: 1 present, 0 absent, a soft label between, -1 uncertain, NaN not mentioned.
        uncertain: a policy, or one by label: `ones`, `zeros`, `ignore`, `multiclass` (Irvin et al. 2019, "CheXpert",
            section 3: U-Ones, U-Zeros, U-Ignore, U-MultiClass), `smoothed-ones`, `smoothed-zeros` (uniform in 0.55 to
            0.85 and 0 to 0.3; Pham et al. 2019, "Interpreting chest X-rays", U-Ones+LSR, U-Zeros+LSR), `self-trained`
            (ignored here, to be filled in by `self_training`).
        not_mentioned: `zeros` or `ignore`.
        labels: names along the last axis, for a policy by label.
        seed: of the smoothed labels.

    Returns:
        float array of the same shape: 1, 0, a soft label between, -1 = ignored by loss and metrics, or -2 = uncertain
        as a class of its own.

    Raises:
        ValueError: an unknown policy or label, or a value that is none of these.

    >>> decide_labels(np.array([1, 0, -1, np.nan]), uncertain="ones").tolist()
    [1.0, 0.0, 1.0, 0.0]
    >>> decide_labels(np.array([[-1, -1]]), uncertain={"Edema": "ones", "*": "ignore"}, labels=("Edema", "Mass"))
    array([[ 1., -1.]])
    """
    check_choice("not_mentioned", not_mentioned, NOT_MENTIONED_CHOICES)
    values = np.asarray(values, dtype=float)
    silent = np.isnan(values)
    known = values[~silent]
    if not ((known == UNCERTAIN) | ((known >= 0) & (known <= 1))).all():
        raise ValueError("label values may be 1, 0, soft (between 0 and 1), -1 (uncertain) or NaN (not mentioned)")
    low, high = np.moveaxis(np.array([_RANGES[choice] for choice in policies_of(uncertain, labels)]), -1, 0)
    drawn = np.round(low + (high - low) * np.random.default_rng(seed).random(values.shape), _DIGITS)
    return np.where(silent, _RANGES[not_mentioned][0], np.where(values == UNCERTAIN, drawn, values))


def policies_of(policy: Policy, labels: Sequence[str]) -> list[str]:
    """Return the policy of each label, or the one policy for all if no label is named.

    Raises:
        ValueError: an unknown policy or label, or a label without one.
    """
    if isinstance(policy, str):
        check_choice("uncertain", policy, UNCERTAIN_CHOICES)
        return [policy] * max(1, len(labels))
    for name, choice in policy.items():
        check_choice("uncertain", choice, UNCERTAIN_CHOICES)
        if name not in (*labels, "*"):
            raise ValueError(f"`uncertain`: there is no label '{name}'{did_you_mean(name, labels)}")
    if "*" not in policy and (left := [label for label in labels if label not in policy]):
        raise ValueError(f"`uncertain` does not mention '{left[0]}'; add *=POLICY for every other label")
    return [policy[label if label in policy else "*"] for label in labels]
