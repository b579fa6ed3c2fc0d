"""Predicted labels at shipped thresholds: of two classes, of several, and of labels that may occur together."""

from __future__ import annotations

import numpy as np

from evaluation_cases import predictions
from radiobundle.evaluation.predictions.predicted import add_predicted

UNKNOWN = -np.ones((2, 2))


def test_second_of_two_classes_is_predicted_from_its_threshold_on() -> None:
    table = predictions(UNKNOWN, np.array([[0.8, 0.2], [0.6, 0.4]]), task="multiclass")
    assert add_predicted(table, None).groups["predicted"].tolist() == ["normal", "normal"]
    assert add_predicted(table, np.array([0.9, 0.3])).groups["predicted"].tolist() == ["normal", "covid"]


def test_most_probable_of_three_classes_is_predicted() -> None:
    table = predictions(-np.ones((1, 3)), np.array([[0.3, 0.5, 0.2]]), task="multiclass")
    assert add_predicted(table, np.array([0.1, 0.9, 0.1])).groups["predicted"].tolist() == ["covid"]


def test_labels_are_predicted_each_at_its_own_threshold() -> None:
    table = predictions(UNKNOWN, np.array([[0.8, 0.2], [0.6, 0.4]]))
    found = add_predicted(table, np.array([0.7, 0.2])).groups
    assert found["predicted:normal"].tolist() == [1, 0]
    assert found["predicted:covid"].tolist() == [1, 1]
