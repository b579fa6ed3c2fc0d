"""Confusion matrices: of exclusive classes, and of findings that may occur together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from radiobundle.evaluation.metrics import usable_truth
from radiobundle.evaluation.predictions import IGNORED, Task

NO_FINDING = "no finding"
COUNTING_RULE = (
    "Rows are the truth, columns the call; only images whose labels are all known take part. Each true label of an "
    "image weighs 1 in its own row: on the diagonal if it was called; otherwise spread equally over the labels wrongly "
    "called on that image; otherwise, nothing having been called in its place, under 'no finding'. An image without "
    "any true label is a 'no finding' and weighs 1 in that row in the same way. So a row adds up to the images with "
    "that label. A wrong call on an image whose true labels were all called belongs to no row and is counted apart."
)


@dataclass(frozen=True)
class ConfusionMatrix:
    """Truth by call.

    Attributes:
        names: K row and column names.
        counts: (K, K) float, truth by call.
        images: how many images took part.
        rule: how was counted, in words.
        apart: name -> wrong calls that belong to no row (co-occurring labels only).
    """

    names: tuple[str, ...]
    counts: np.ndarray
    images: int
    rule: str
    apart: dict[str, int]

    @property
    def row_normalised(self) -> np.ndarray:
        """(K, K) share of each truth; NaN in a row without images."""
        total = self.counts.sum(axis=1, keepdims=True)
        return np.divide(self.counts, total, out=np.full(self.counts.shape, np.nan), where=total > 0)

    def without_no_finding(self) -> ConfusionMatrix:
        """Return the matrix of the labels alone: last row and column dropped (14x14 beside 15x15)."""
        rule = self.rule + " Here the 'no finding' row and column are left out; shares are of what remains."
        return ConfusionMatrix(self.names[:-1], self.counts[:-1, :-1], self.images, rule, self.apart)


def confusion_matrix(truth: np.ndarray, called: np.ndarray, *, labels: tuple[str, ...], task: Task) -> ConfusionMatrix:
    """Return the confusion matrix of called classes (N, C) bool against truth (N, C) of 1, 0, -1.

    Exclusive classes give C x C. Labels that may occur together give (C+1) x (C+1) with a last row and column
    for "no finding", as in the ChestX-ray14 study (its figures 6 to 17: 15x15, and 14x14 without the last).
    The study does not say how it counts images with several labels; the rule here is `COUNTING_RULE`.
    """
    truth = usable_truth(np.asarray(truth), task=task)
    known = (truth != IGNORED).all(axis=1)
    true, called = truth[known] == 1, np.asarray(called)[known]
    if task == "multiclass":
        counts = true.T.astype(np.float64) @ called
        rule = "Rows are the truth, columns the call; only images with a known class take part."
        return ConfusionMatrix(tuple(labels), counts, int(known.sum()), rule, {})
    count = len(labels)
    nothing = ~true.any(axis=1)
    wrong = (called & ~true).astype(np.float64)
    wrong_count = wrong.sum(axis=1)
    missed = np.concatenate([true & ~called, nothing[:, None]], axis=1).astype(np.float64)
    share = np.divide(wrong, wrong_count[:, None], out=np.zeros_like(wrong), where=wrong_count[:, None] > 0)
    counts = np.zeros((count + 1, count + 1))
    counts[:, :-1] = missed.T @ share
    counts[:, -1] = missed[wrong_count == 0].sum(axis=0)
    counts[np.arange(count), np.arange(count)] += (true & called).sum(axis=0)
    surplus = ~nothing & ~(true & ~called).any(axis=1)
    apart = {label: int(wrong[surplus, index].sum()) for index, label in enumerate(labels)}
    extra = NO_FINDING if NO_FINDING not in {label.lower() for label in labels} else "(none of the labels)"
    return ConfusionMatrix((*labels, extra), counts, int(known.sum()), COUNTING_RULE, apart)
