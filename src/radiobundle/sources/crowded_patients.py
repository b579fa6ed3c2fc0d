"""Patients who own so many images that their id must be a word for nobody that no list knows."""

from __future__ import annotations

import numpy as np
import pandas as pd

LARGEST_FRACTION = 0.2  # of the images whose patient is known, in one "patient": then the word means something else
ALWAYS_FEW = 20  # images are never too many
_TIMES_THE_OTHERS = 10  # few patients with many images each are just that


def is_crowded(largest: int, total: int) -> bool:
    """Whether one of the patients of `total` images owns too many of them."""
    return largest > max(ALWAYS_FEW, LARGEST_FRACTION * total)


def crowded_patient(ids: pd.Series) -> str | None:
    """Return the id that owns an implausible fraction of the images, by far more than the others; None: none does.

    Args:
        ids: one per image, NaN where unknown.
    """
    counts = ids.value_counts()
    if not len(counts) or not is_crowded(int(counts.iloc[0]), int(counts.sum())):
        return None
    others = counts.iloc[1:]
    if len(others) and counts.iloc[0] <= _TIMES_THE_OTHERS * np.median(others):
        return None
    return str(counts.index[0])


def crowded_note(name: str, ids: pd.Series) -> str:
    """Say that an id owns too many images to be one patient."""
    return (
        f"WARNING: '{name}' is the patient of {int(ids.eq(name).sum())} of {int(ids.notna().sum())} images: if it is a "
        "placeholder, images of one patient may end up in training and in test; empty these cells or name the patients"
    )
