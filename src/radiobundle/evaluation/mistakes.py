"""Which answers of a model are worth a look: confident errors, and correct answers with low confidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from radiobundle.evaluation.predictions.table import Predictions, usable_truth
from radiobundle.labels import IGNORED

Kind = Literal["confident error", "unsure correct"]
KINDS: tuple[Kind, ...] = ("confident error", "unsure correct")


@dataclass(frozen=True)
class Answer:
    """One answer of a model about one image.

    Attributes:
        kind: why it is shown.
        row: row of the predictions.
        label: index of the label; for exclusive classes, of the predicted one.
        truth: name of the true class; for labels that may occur together, "present" or "absent".
        predicted: the same for the prediction.
        probability: probability of the label.
        confidence: confidence of the answer, see `find_mistakes`.
    """

    kind: Kind
    row: int
    label: int
    truth: str
    predicted: str
    probability: float
    confidence: float


def find_mistakes(predictions: Predictions, *, thresholds: np.ndarray | None = None, count: int = 6) -> list[Answer]:
    """Return the most confident errors and the least confident correct answers.

    Exclusive classes: `count` of each kind, by the probability of the predicted class (of two classes with a fitted
    threshold: as for a label). Labels that may occur together: `count` of each kind for each label, by how far the
    probability lies from the threshold towards 1 or towards 0, so that both kinds of error compare at any threshold.

    Args:
        predictions: predictions for the images to choose from.
        thresholds: (C,) thresholds that decide; None: 0.5, or the most probable class.
        count: number of answers of each kind.

    >>> images, splits = np.array(["1.png", "2.png"]), np.array(["test"] * 2)
    >>> truth, probabilities = np.array([[1], [0]]), np.array([[0.2], [0.4]])
    >>> found = find_mistakes(Predictions(images, None, splits, ("mass",), truth, probabilities))
    >>> [(answer.kind, answer.row, answer.predicted, round(answer.confidence, 2)) for answer in found]
    [('confident error', 0, 'absent', 0.6), ('unsure correct', 1, 'absent', 0.2)]
    """
    rule = predictions.rule
    predicted = rule.predict(predictions.probabilities, thresholds)
    truth = usable_truth(predictions.truth, task=predictions.task)
    if predictions.task == "multiclass":
        return list(_of_classes(predictions, truth, predicted, thresholds, count))
    found: list[Answer] = []
    for label in range(len(predictions.labels)):
        probability, said = predictions.probabilities[:, label], predicted[:, label]
        confidence = _margin(probability, said, 0.5 if thresholds is None else float(thresholds[label]))
        words = np.array(["absent", "present"])
        for kind, row in _chosen(truth[:, label], said.astype(int), confidence, count):
            texts = str(words[truth[row, label]]), str(words[int(said[row])])
            found.append(Answer(kind, row, label, *texts, float(probability[row]), float(confidence[row])))
    return found


def _of_classes(
    predictions: Predictions, truth: np.ndarray, predicted: np.ndarray, thresholds: np.ndarray | None, count: int
) -> Iterator[Answer]:
    answer = predicted.argmax(axis=1)
    true_class = np.where((truth == IGNORED).any(axis=1), IGNORED, truth.argmax(axis=1))
    confidence = predictions.probabilities[np.arange(len(answer)), answer]
    if predictions.rule.uses_thresholds and thresholds is not None:
        confidence = _margin(predictions.probabilities[:, 1], predicted[:, 1], float(thresholds[1]))
    names = predictions.labels
    for kind, row in _chosen(true_class, answer, confidence, count):
        label = int(answer[row])
        probability = float(predictions.probabilities[row, label])
        yield Answer(kind, row, label, names[true_class[row]], names[label], probability, float(confidence[row]))


def _chosen(truth: np.ndarray, answer: np.ndarray, confidence: np.ndarray, count: int) -> Iterator[tuple[Kind, int]]:
    known = truth != IGNORED
    for kind, rows, sign in zip(KINDS, (known & (truth != answer), known & (truth == answer)), (-1, 1), strict=True):
        candidates = np.flatnonzero(rows)
        order = np.argsort(sign * confidence[candidates], kind="stable")[:count]
        yield from ((kind, int(row)) for row in candidates[order])


def _margin(probability: np.ndarray, said: np.ndarray, threshold: float) -> np.ndarray:
    """Return how far probabilities lie from the threshold: 0 at it, 1 at the end of the scale."""
    tiny = np.finfo(float).tiny
    distance = probability - threshold
    return np.where(said, distance / max(1 - threshold, tiny), -distance / max(threshold, tiny))
