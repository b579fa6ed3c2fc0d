"""How evenly labels are spread."""

from __future__ import annotations

import numpy as np

from radiobundle.datalists.balance import count_labels, measure_balance


def test_worst_deviation_is_named() -> None:
    labels = np.array([[1, 0], [0, 1], [1, 0], [0, 1], [1, -1], [1, 1]])
    split = np.array(["training"] * 4 + ["test"] * 2)
    found = measure_balance(labels, split, ["A", "B"])
    assert found["worst"] == {"split": "test", "label": "B", "fraction": 1.0, "overall": 0.6, "difference": 0.4}
    assert found["fractions"]["all"] == {"A": 0.6667, "B": 0.6}


def test_label_that_nobody_knows_has_no_fraction() -> None:
    found = measure_balance(np.array([[-1], [-1]]), np.array(["training", "test"]), ["A"])
    assert found["worst"] is None and found["fractions"]["test"] == {"A": None}


def test_rows_that_are_left_out_count_nowhere() -> None:
    found = measure_balance(np.array([[1], [0], [1]]), np.array(["training", "test", ""]), ["A"])
    assert found["fractions"]["all"] == {"A": 0.5}


def test_soft_labels_are_counted_from_a_half_on() -> None:
    items = [{"label": [0.6, -2], "patient_id": "a"}, {"label": [0.4, 1], "patient_id": "a"}]
    assert count_labels({"training": items}, ["A", "B"])["training"] == {"images": 2, "patients": 1, "A": 1, "B": 1}
