"""ROC curves during training."""

from __future__ import annotations

import numpy as np

from radiobundle.reporting.roc_figure import plot_roc

PROBABILITIES = np.array([[0.1, 0.2], [0.4, 0.2], [0.35, 0.9], [0.8, 0.1]])


def test_curves_of_labels_with_both_answers_without_ignored_ones() -> None:
    figure = plot_roc(["mass", "nodule"], np.array([[0, 1], [0, 1], [1, 1], [1, -1]]), PROBABILITIES)
    assert figure is not None
    lines = figure.axes[0].lines
    assert [line.get_label() for line in lines[:-1]] == ["mass 0.750"]


def test_no_figure_without_a_curve() -> None:
    assert plot_roc(["mass"], np.array([[0], [0], [0], [-1]]), PROBABILITIES[:, :1]) is None
