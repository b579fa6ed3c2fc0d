"""Which images are worth a heat map."""

from __future__ import annotations

import numpy as np

from radiobundle.explain.interesting import choose_interesting

TRUTH = np.array([[1, 0], [0, 1], [1, -1], [0, 0], [1, 0]])
PROBABILITIES = np.array([[0.1, 0.2], [0.9, 0.3], [0.8, 0.99], [0.2, 0.1], [0.7, 0.6]])
PREDICTED = PROBABILITIES >= 0.5


def test_misses_false_alarms_and_finds_come_in_turn_and_each_image_once() -> None:
    found = [tuple(one) for one in choose_interesting(TRUTH, PROBABILITIES, PREDICTED, count=9)]
    assert found == [(0, 0, "missed"), (1, 0, "false alarm"), (4, 1, "false alarm"), (2, 0, "found")]


def test_what_nobody_knows_is_neither_right_nor_wrong() -> None:
    assert choose_interesting(np.full((2, 1), -1), np.array([[0.1], [0.9]]), np.ones((2, 1), bool), count=4) == []


def test_no_more_than_asked_for() -> None:
    assert [one.reason for one in choose_interesting(TRUTH, PROBABILITIES, PREDICTED, count=3)] == [
        "missed", "false alarm", "found",
    ]  # fmt: skip


def test_most_probable_of_exclusive_classes_is_no_miss_though_it_is_below_a_half() -> None:
    probabilities = np.array([[0.45, 0.30, 0.25], [0.45, 0.30, 0.25]])
    predicted = np.array([[True, False, False]] * 2)
    found = choose_interesting(np.array([[1, 0, 0], [0, 1, 0]]), probabilities, predicted, count=2)
    assert [(one.row, one.label, one.reason) for one in found] == [(1, 1, "missed"), (0, 0, "found")]
