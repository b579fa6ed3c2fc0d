"""Calls at shipped thresholds: of two classes, of several, and of labels that may occur together."""

from __future__ import annotations

import numpy as np

from evaluation_cases import predictions
from radiobundle.evaluation.decision import add_calls
from radiobundle.evaluation.fitting.thresholds import Thresholds

UNKNOWN = -np.ones((2, 2))


def thresholds(**values: float) -> Thresholds:
    return Thresholds(rule="youden", values=dict(values), fitted_on="validation", image_count=10)


def test_second_of_two_classes_is_called_from_its_threshold_on() -> None:
    table = predictions(UNKNOWN, np.array([[0.8, 0.2], [0.6, 0.4]]), task="multiclass")
    assert add_calls(table, None).groups["call"].tolist() == ["normal", "normal"]
    assert add_calls(table, thresholds(normal=0.9, covid=0.3)).groups["call"].tolist() == ["normal", "covid"]


def test_most_probable_of_three_classes_is_called() -> None:
    table = predictions(-np.ones((1, 3)), np.array([[0.3, 0.5, 0.2]]), task="multiclass")
    cuts = thresholds(**{"normal": 0.1, "covid": 0.9, "non-covid": 0.1})
    assert add_calls(table, cuts).groups["call"].tolist() == ["covid"]


def test_labels_are_called_each_at_its_own_threshold() -> None:
    table = predictions(UNKNOWN, np.array([[0.8, 0.2], [0.6, 0.4]]))
    called = add_calls(table, thresholds(normal=0.7, covid=0.2)).groups
    assert called["call:normal"].tolist() == [1, 0]
    assert called["call:covid"].tolist() == [1, 1]
