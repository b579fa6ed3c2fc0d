"""How much a positive weighs against a negative, from the labels of the training images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch


def positive_weights(items: Sequence[Mapping[str, Any]]) -> torch.Tensor:
    """Return negatives / positives of each label, (labels,) float32, for `BCEWithLogitsLoss(pos_weight=...)`.

    Source: Chen, Chen, Chen and Xiao, equations 8 and 9 with Table 2. Ignored labels count on neither side, soft ones
    on both; a label without any positive gets its number of negatives.

    Args:
        items: of the training split, each with `label`, a list of numbers from 0 to 1, below 0 if ignored.

    Raises:
        ValueError: there are no items.

    >>> positive_weights([{"label": [1, 0]}, {"label": [0, 0]}, {"label": [0, -1]}])
    tensor([2., 2.])
    """
    if not items:
        raise ValueError("positive weights need training images; the training split is empty")
    labels = np.asarray([item["label"] for item in items])
    known = labels >= 0
    positives = np.where(known, labels, 0).sum(axis=0)
    negatives = known.sum(axis=0) - positives
    return torch.tensor(negatives / np.where(positives > 0, positives, 1), dtype=torch.float32)
