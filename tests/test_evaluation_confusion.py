"""Confusion matrices: against scikit-learn for exclusive classes, by hand for findings that occur together."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import confusion_matrix as sklearn_matrix

from radiobundle.evaluation.confusion import NO_FINDING, ConfusionMatrix, confusion_matrix

LABELS = ("a", "b", "c")


def multilabel(truth: list[list[int]], called: list[list[int]]) -> ConfusionMatrix:
    return confusion_matrix(np.array(truth), np.array(called, dtype=bool), labels=LABELS, task="multilabel")


def test_exclusive_classes_as_scikit_learn_counts_them() -> None:
    rng = np.random.default_rng(0)
    true, called = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    found = confusion_matrix(np.eye(3)[true], np.eye(3)[called] == 1, labels=LABELS, task="multiclass")
    np.testing.assert_array_equal(found.counts, sklearn_matrix(true, called))
    np.testing.assert_allclose(found.row_normalised, sklearn_matrix(true, called, normalize="true"))


def test_one_finding_per_image_is_counted_as_in_exclusive_classes() -> None:
    found = multilabel([[1, 0, 0], [0, 1, 0], [0, 0, 0]], [[1, 0, 0], [0, 0, 1], [0, 0, 0]])
    assert found.names == (*LABELS, NO_FINDING)
    expected = np.zeros((4, 4))
    expected[0, 0] = expected[1, 2] = expected[3, 3] = 1
    np.testing.assert_array_equal(found.counts, expected)


def test_missed_finding_is_shared_out_over_the_wrong_calls() -> None:
    found = multilabel([[1, 0, 0]], [[0, 1, 1]])
    np.testing.assert_array_equal(found.counts[0], [0, 0.5, 0.5, 0])


def test_missed_finding_without_a_call_is_no_finding_and_the_reverse() -> None:
    found = multilabel([[1, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]])
    assert found.counts[0, 3] == 1
    assert found.counts[3, 1] == 1


def test_rows_add_up_to_the_images_with_the_finding() -> None:
    rng = np.random.default_rng(1)
    truth, called = rng.random((300, 3)) < 0.3, rng.random((300, 3)) < 0.3
    found = confusion_matrix(truth.astype(int), called, labels=LABELS, task="multilabel")
    np.testing.assert_allclose(found.counts.sum(1), [*truth.sum(0), (~truth.any(1)).sum()])
    np.testing.assert_allclose(found.row_normalised.sum(1), 1)


def test_surplus_call_beside_a_right_one_is_counted_apart() -> None:
    found = multilabel([[1, 0, 0]], [[1, 1, 0]])
    assert found.counts.sum() == 1
    assert found.apart == {"a": 0, "b": 1, "c": 0}


def test_image_with_an_unknown_label_takes_no_part() -> None:
    found = multilabel([[1, -1, 0], [1, 0, 0]], [[1, 0, 0], [1, 0, 0]])
    assert (found.images, found.counts.sum()) == (1, 1)


def test_matrix_of_findings_alone_lacks_the_last_row_and_column() -> None:
    found = multilabel([[1, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]).without_no_finding()
    assert found.names == LABELS and found.counts.shape == (3, 3) and found.counts.sum() == 0


def test_finding_that_no_image_has_gives_an_undefined_row() -> None:
    assert np.isnan(multilabel([[1, 0, 0]], [[1, 0, 0]]).row_normalised[1]).all()
