"""Patient ids with so many images that they are probably placeholders."""

from __future__ import annotations

import numpy as np
import pandas as pd

LARGEST_FRACTION = 0.2  # of the images whose patient is known, in one "patient": then the word means something else
ALWAYS_FEW = 20  # this number of images is never too many
_TIMES_THE_OTHERS = 10  # few patients with many images each are just that


def is_crowded(largest: int, total: int) -> bool:
    """Whether one of the patients of `total` images has too many of them."""
    return largest > max(ALWAYS_FEW, LARGEST_FRACTION * total)


def crowded_patient(ids: pd.Series) -> str | None:
    """Return the id with an implausible fraction of the images, far more than any other; None: there is none.

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
    """Return a warning that an id has too many images to be one patient."""
    return (
        f"WARNING: '{name}' is the patient of {int(ids.eq(name).sum())} of {int(ids.notna().sum())} images: if it is a "
        "placeholder, images of one patient may end up in training and in test; empty these cells or name the patients"
    )
