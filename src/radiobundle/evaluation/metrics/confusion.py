"""Confusion matrices for exclusive classes, and for labels that may occur together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from radiobundle.evaluation.predictions.table import usable_truth
from radiobundle.labels import IGNORED, Task

NO_TRUE_LABEL, NO_PREDICTED_LABEL = "no true label", "no predicted label"
EXCLUSIVE_RULE = "Rows are the truth, columns the prediction; only images with a known class are counted."
COUNTING_RULE = (
    "Multi-label confusion matrix (Heydarian, Doyle and Samavi 2022): rows are the true labels, columns the "
    "predicted ones; only images whose labels are all known are counted. A label that is true and predicted counts on "
    "the diagonal. If nothing wrong was predicted, a missed label counts under 'no predicted label'. If nothing was "
    "missed, each wrong prediction counts in the rows of all true labels, or of 'no true label'. Otherwise each "
    "missed label counts under each wrong prediction. Fractions are of the row's sum; recall and precision are those "
    "of each label on its own."
)


@dataclass(frozen=True)
class ConfusionMatrix:
    """Truth by prediction.

    Attributes:
        row_names: names of the R true labels.
        column_names: names of the K predicted labels.
        counts: (R, K) int, truth by prediction.
        recall: (R,) fraction of the images with the row's label that were predicted so; NaN without such images.
        precision: (K,) fraction of predictions of the column's label that are correct; NaN without predictions.
        images: number of images that were counted.
        rule: the counting rule in words.
    """

    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    counts: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    images: int
    rule: str

    @property
    def row_normalised(self) -> np.ndarray:
        """(R, K) fraction of each row's sum; NaN in a row without images."""
        total = self.counts.sum(axis=1, keepdims=True)
        return np.divide(self.counts, total, out=np.full(self.counts.shape, np.nan), where=total > 0)

    def of_images_with_any_label(self) -> ConfusionMatrix:
        """Return the matrix without images that have no true and no predicted label, often the majority."""
        counts = self.counts.copy()
        counts[-1, -1] = 0
        rule = self.rule + " Images without any true or predicted label are left out here."
        return replace(self, counts=counts, images=self.images - int(self.counts[-1, -1]), rule=rule)


def confusion_matrix(
    truth: np.ndarray, predicted: np.ndarray, *, labels: tuple[str, ...], task: Task
) -> ConfusionMatrix:
    """Return the confusion matrix of predicted classes (N, C) bool against truth (N, C) of 1, 0, -1.

    Exclusive classes give C x C. Labels that may occur together give (C+1) x (C+1) with a last row for images without
    a true label and a last column for images without a predicted one.

    Source: M. Heydarian, T. E. Doyle, R. Samavi, "MLCM: Multi-Label Confusion Matrix", IEEE Access 10 (2022), doi
    10.1109/ACCESS.2022.3151048. The first ChestX-ray14 study shows such matrices (its figures 6 to 17) and does not say
    how it counts images with several labels.

    >>> found = confusion_matrix(np.array([[1, 0], [0, 0]]), np.array([[True, True], [True, True]]),
    ...                          labels=("a", "b"), task="multilabel")
    >>> found.counts.tolist()
    [[1, 1, 0], [0, 0, 0], [1, 1, 0]]
    """
    truth = usable_truth(np.asarray(truth), task=task)
    known = (truth != IGNORED).all(axis=1)
    true, predicted = truth[known] == 1, np.asarray(predicted, dtype=bool)[known]
    if task == "multiclass":
        names = (tuple(labels), tuple(labels))
        counts, rule = true.T.astype(np.int64) @ predicted, EXCLUSIVE_RULE
    else:
        names = ((*labels, NO_TRUE_LABEL), (*labels, NO_PREDICTED_LABEL))
        counts, rule = _count_multilabel(true, predicted), COUNTING_RULE
        true, predicted = _with_none(true), _with_none(predicted)
    right = (true & predicted).sum(axis=0)
    recall, precision = (_fractions(right, of.sum(axis=0)) for of in (true, predicted))
    return ConfusionMatrix(*names, counts, recall, precision, int(known.sum()), rule)


def _count_multilabel(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the (C+1, C+1) counts of true and predicted labels, both (N, C) bool."""
    missed, wrong = true & ~predicted, predicted & ~true
    any_missed, any_wrong = missed.any(axis=1, keepdims=True), wrong.any(axis=1, keepdims=True)
    # What a wrong prediction replaces: the missed labels or, if there are none, all true labels.
    in_place_of = np.where(any_missed, missed, true)
    rows = np.concatenate([in_place_of, ~true.any(axis=1, keepdims=True)], axis=1)
    counts = np.zeros((true.shape[1] + 1,) * 2, dtype=np.int64)
    counts[:, :-1] = rows.T.astype(np.int64) @ wrong
    counts[:-1, -1] = (missed & ~any_wrong).sum(axis=0)
    counts[-1, -1] = (~true.any(axis=1) & ~predicted.any(axis=1)).sum()
    diagonal = np.arange(true.shape[1])
    counts[diagonal, diagonal] += (true & predicted).sum(axis=0)
    return counts


def _with_none(chosen: np.ndarray) -> np.ndarray:
    return np.concatenate([chosen, ~chosen.any(axis=1, keepdims=True)], axis=1)


def _fractions(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
