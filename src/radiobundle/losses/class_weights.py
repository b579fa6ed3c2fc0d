"""Weights of classes, and of positives against negatives, from the labels of the training images."""

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
    positives, negatives = _counts(items)
    return torch.tensor(negatives / np.where(positives > 0, positives, 1), dtype=torch.float32)


def positive_fractions(items: Sequence[Mapping[str, Any]]) -> torch.Tensor:
    """Return the fraction of positives of each label, (labels,) float32; 0 where none is known.

    With `positive_weights` as `pos_weight`, `BCEWithLogitsLoss(weight=positive_fractions(...))` is the loss of CheXNet
    (Rajpurkar et al. 2017, section 2.1): a positive weighs |N| / (|P| + |N|), a negative |P| / (|P| + |N|).

    Args and errors: as for `positive_weights`.

    >>> positive_fractions([{"label": [1]}, {"label": [0]}, {"label": [0]}, {"label": [-1]}])
    tensor([0.3333])
    """
    positives, negatives = _counts(items)
    known = positives + negatives
    return torch.tensor(positives / np.where(known > 0, known, 1), dtype=torch.float32)


def balanced_class_weights(items: Sequence[Mapping[str, Any]]) -> torch.Tensor:
    """Return the weight of each class, (labels,) float32, for `CrossEntropyLoss(weight=...)`.

    Radiographs divided by (classes times radiographs of the class), as scikit-learn's "balanced": all classes weigh the
    same together, and the mean weight of a radiograph is 1. A class without any gets 1.

    Args and errors: as for `positive_weights`.

    >>> balanced_class_weights([{"label": [1, 0]}, {"label": [1, 0]}, {"label": [1, 0]}, {"label": [0, 1]}])
    tensor([0.6667, 2.0000])
    """
    positives, _ = _counts(items)
    weights = positives.sum() / (len(positives) * np.where(positives > 0, positives, 1))
    return torch.tensor(np.where(positives > 0, weights, 1.0), dtype=torch.float32)


def _counts(items: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    if not items:
        raise ValueError("class weights need training images; the training split is empty")
    labels = np.asarray([item["label"] for item in items])
    known = labels >= 0
    positives = np.where(known, labels, 0).sum(axis=0)
    return positives, known.sum(axis=0) - positives
