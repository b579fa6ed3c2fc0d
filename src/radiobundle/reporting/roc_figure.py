"""ROC curves of all labels in one figure, without intervals: a glance during training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score, roc_curve

from radiobundle.labels import IGNORED
from radiobundle.reporting.style import GRAY, new_figure, tidy


def plot_roc(labels: Sequence[str], truth: np.ndarray, probabilities: np.ndarray) -> Figure | None:
    """Plot a curve for each label that has both answers; None: no label has.

    Args:
        labels: C names.
        truth: (N, C) of 1, 0 and -1 (ignored).
        probabilities: (N, C).
    """
    figure = new_figure(5.5, 4.0)
    axes = figure.add_subplot()
    plotted = False
    for index, label in enumerate(labels):
        known = truth[:, index] != IGNORED
        given, score = truth[known, index], probabilities[known, index]
        if len(np.unique(given)) == 2:
            x, y, _ = roc_curve(given, score)
            axes.plot(x, y, linewidth=1.2, label=f"{label} {roc_auc_score(given, score):.3f}")
            plotted = True
    if not plotted:
        return None
    axes.plot([0, 1], [0, 1], color=GRAY, linestyle=":", linewidth=1)
    tidy(axes, title="ROC, AUROC", xlabel="1 − specificity", ylabel="sensitivity")
    axes.legend(fontsize=6, loc="lower right")
    return figure
