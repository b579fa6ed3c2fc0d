"""How much a positive weighs against a negative, from the labels of the training images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch


def positive_weights(items: Sequence[Mapping[str, Any]]) -> torch.Tensor:
    """Return negatives / positives of each label, (labels,) float32, for `BCEWithLogitsLoss(pos_weight=...)`.

    Source: Chen, Chen, Chen and Xiao, equations 8 and 9 with Table 2. Ignored labels (-1) count on neither side; a
    label without any positive gets its number of negatives.

    Args:
        items: of the training split, each with `label`, a list of 1, 0, -1.

    Raises:
        ValueError: there are no items.

    >>> positive_weights([{"label": [1, 0]}, {"label": [0, 0]}, {"label": [0, -1]}])
    tensor([2., 2.])
    """
    if not items:
        raise ValueError("positive weights need training images; the training split is empty")
    labels = np.asarray([item["label"] for item in items])
    positives, negatives = (labels == 1).sum(axis=0), (labels == 0).sum(axis=0)
    return torch.tensor(negatives / np.maximum(positives, 1), dtype=torch.float32)
