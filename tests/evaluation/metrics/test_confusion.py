"""Confusion matrices: as scikit-learn for exclusive classes, by the published categories for labels that co-occur."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as sklearn_matrix
from sklearn.metrics import precision_score, recall_score

from radiobundle.evaluation.metrics.confusion import (
    NO_PREDICTED_LABEL,
    NO_TRUE_LABEL,
    ConfusionMatrix,
    confusion_matrix,
)

LABELS = ("a", "b", "c")
NONE = 3


def multilabel(truth: list[list[int]], predicted: list[list[int]]) -> ConfusionMatrix:
    return confusion_matrix(np.array(truth), np.array(predicted, dtype=bool), labels=LABELS, task="multilabel")


def cells(*positions: tuple[int, int]) -> np.ndarray:
    counts = np.zeros((4, 4), dtype=int)
    for position in positions:
        counts[position] += 1
    return counts


def literally(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """The paper's three categories, image by image."""
    classes = truth.shape[1]
    counts = np.zeros((classes + 1, classes + 1), dtype=int)
    for row in range(len(truth)):
        true, said = set(np.flatnonzero(truth[row])), set(np.flatnonzero(predicted[row]))
        for label in true & said:
            counts[label, label] += 1
        missed, wrong = true - said, said - true
        if not wrong:
            for label in missed:
                counts[label, classes] += 1
            counts[classes, classes] += not true
        elif not missed:
            for other in wrong:
                for label in true or {classes}:
                    counts[label, other] += 1
        else:
            for label in missed:
                for other in wrong:
                    counts[label, other] += 1
    return counts


def test_exclusive_classes_as_scikit_learn_counts_them() -> None:
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    found = confusion_matrix(np.eye(3)[true], np.eye(3)[predicted] == 1, labels=LABELS, task="multiclass")
    np.testing.assert_array_equal(found.counts, sklearn_matrix(true, predicted))
    np.testing.assert_allclose(found.row_normalised, sklearn_matrix(true, predicted, normalize="true"))
    np.testing.assert_allclose(found.recall, recall_score(true, predicted, average=None))
    np.testing.assert_allclose(found.precision, precision_score(true, predicted, average=None))


@pytest.mark.parametrize(
    ("truth", "predicted", "expected"),
    [
        ([1, 0, 0], [1, 0, 0], cells((0, 0))),
        ([0, 0, 0], [0, 0, 0], cells((NONE, NONE))),
        ([1, 1, 0], [1, 0, 0], cells((0, 0), (1, NONE))),
        ([1, 1, 0], [0, 0, 0], cells((0, NONE), (1, NONE))),
        ([0, 0, 0], [0, 1, 1], cells((NONE, 1), (NONE, 2))),
        ([1, 0, 0], [1, 1, 0], cells((0, 0), (0, 1))),
        ([1, 1, 0], [1, 1, 1], cells((0, 0), (1, 1), (0, 2), (1, 2))),
        ([1, 0, 0], [0, 1, 1], cells((0, 1), (0, 2))),
        ([1, 1, 0], [1, 0, 1], cells((0, 0), (1, 2))),
    ],
)
def test_one_image_counts_by_its_category(truth: list[int], predicted: list[int], expected: np.ndarray) -> None:
    found = multilabel([truth], [predicted])
    assert (found.row_names[-1], found.column_names[-1]) == (NO_TRUE_LABEL, NO_PREDICTED_LABEL)
    np.testing.assert_array_equal(found.counts, expected)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_any_table_is_counted_by_the_three_categories(images: int, classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = (rng.random((images, classes)) < rng.random() for _ in range(2))
    labels = tuple(map(str, range(classes)))
    found = confusion_matrix(truth.astype(int), predicted, labels=labels, task="multilabel")
    np.testing.assert_array_equal(found.counts, literally(truth, predicted))
    np.testing.assert_array_equal(np.diag(found.counts)[:-1], (truth & predicted).sum(0))


def test_margins_are_each_label_s_own_recall_and_precision() -> None:
    rng = np.random.default_rng(1)
    truth, predicted = (rng.random((300, 3)) < 0.3 for _ in range(2))
    found = confusion_matrix(truth.astype(int), predicted, labels=LABELS, task="multilabel")
    np.testing.assert_allclose(found.recall[:-1], recall_score(truth, predicted, average=None))
    np.testing.assert_allclose(found.precision[:-1], precision_score(truth, predicted, average=None))
    healthy, cleared = ~truth.any(1), ~predicted.any(1)
    assert found.recall[-1] == pytest.approx(cleared[healthy].mean())
    assert found.precision[-1] == pytest.approx(healthy[cleared].mean())


def test_image_with_an_unknown_label_takes_no_part() -> None:
    found = multilabel([[1, -1, 0], [1, 0, 0]], [[1, 0, 0], [1, 0, 0]])
    assert (found.images, found.counts.sum()) == (1, 1)


def test_images_without_any_label_can_be_left_out() -> None:
    found = multilabel([[1, 0, 0], [0, 0, 0], [0, 0, 0]], [[1, 0, 0], [0, 1, 0], [0, 0, 0]]).of_images_with_any_label()
    np.testing.assert_array_equal(found.counts, cells((0, 0), (NONE, 1)))
    assert found.images == 2


def test_label_that_no_image_has_gives_an_undefined_row() -> None:
    found = multilabel([[1, 0, 0]], [[1, 0, 0]])
    assert np.isnan(found.row_normalised[1]).all() and np.isnan([found.recall[1], found.precision[1]]).all()
