"""The answers that are worth a look."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation_cases import predictions
from radiobundle.evaluation.mistakes import Answer, find_mistakes


def of_kind(found: list[Answer], kind: str, label: int | None = None) -> list[int]:
    return [answer.row for answer in found if answer.kind == kind and label in (None, answer.label)]


def test_exclusive_classes_are_ordered_by_the_probability_of_the_predicted_class() -> None:
    truth = np.eye(3)[[0, 0, 1, 1, 2]]
    scores = np.array([[0.1, 0.8, 0.1], [0.4, 0.5, 0.1], [0.1, 0.9, 0.0], [0.3, 0.4, 0.3], [0.2, 0.2, 0.6]])
    found = find_mistakes(predictions(truth, scores, task="multiclass"), count=2)
    assert of_kind(found, "confident error") == [0, 1]
    assert of_kind(found, "unsure correct") == [3, 4]
    assert (found[0].truth, found[0].predicted, found[0].label, found[0].probability) == ("normal", "covid", 1, 0.8)


def test_both_kinds_of_error_compare_at_a_threshold_far_from_a_half() -> None:
    truth = np.array([[1], [0], [1], [0]])
    scores = np.array([[0.01], [0.15], [0.30], [0.09]])
    found = find_mistakes(predictions(truth, scores), thresholds=np.array([0.1]), count=4)
    assert of_kind(found, "confident error") == [0, 1]  # nine tenths of the way to 0; a twentieth of that to 1
    assert [round(answer.confidence, 3) for answer in found[:2]] == [0.9, 0.056]
    assert of_kind(found, "unsure correct") == [3, 2]


def test_each_label_has_its_own_answers_and_ignored_ones_are_none() -> None:
    truth = np.array([[1, -1], [0, 1], [1, 0]])
    scores = np.array([[0.1, 0.9], [0.9, 0.2], [0.8, 0.3]])
    found = find_mistakes(predictions(truth, scores))
    assert of_kind(found, "confident error", 0) == [0, 1]
    assert of_kind(found, "confident error", 1) == [1]
    assert of_kind(found, "unsure correct", 1) == [2]


def test_two_exclusive_classes_are_decided_by_the_threshold_of_the_second() -> None:
    truth, scores = np.eye(2)[[0, 1]], np.array([[0.7, 0.3], [0.9, 0.1]])
    found = find_mistakes(predictions(truth, scores, task="multiclass"), thresholds=np.array([0.5, 0.2]))
    assert [(answer.row, answer.predicted) for answer in found] == [(1, "normal"), (0, "covid")]
    assert found[0].confidence == pytest.approx(0.5) and found[1].confidence == pytest.approx(0.125)
