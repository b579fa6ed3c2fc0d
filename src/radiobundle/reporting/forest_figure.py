"""The forest plot of one model: each class with its interval."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from radiobundle.evaluation.estimates import Evaluation
from radiobundle.reporting.style import BLUE, GRAY, RED, new_figure, tidy


def plot_forest(evaluation: Evaluation, described: dict[str, Any]) -> Figure:
    """AUROC and average precision of each class and their macro mean, with intervals; dotted: no skill."""
    labels = [evaluation.predictions.labels[index] for index in evaluation.rule.shown_classes]
    rows = [(label, described["per_class"][label]["probability"]) for label in labels]
    if len(rows) > 1:
        rows = sorted(rows, key=lambda row: row[1]["auroc"].value or -1, reverse=True)
        rows.append(("mean over classes", described["averages"]["macro"]["probability"]))
    # A model that scores no better than these has learnt nothing: half of all pairs, and the fraction of positives.
    chance = {label: described["per_class"][label]["prevalence"].value for label in labels}
    chance["mean over classes"] = float(np.mean([value for value in chance.values() if value is not None] or [np.nan]))
    figure = new_figure(8.0, 1.3 + 0.32 * len(rows))
    axes = figure.subplots(1, 2, sharey=True)
    for axis, (metric, title, colour, marker) in zip(
        axes, (("auroc", "AUROC", BLUE, "o"), ("average_precision", "average precision", RED, "s")), strict=True
    ):
        tidy(axis, title=title)
        for position, (name, values) in enumerate(rows):
            found = values[metric]
            if found.value is None:
                axis.text(0.5, position, "undefined", ha="center", va="center", fontsize=7, color=GRAY)
                continue
            if found.low is not None:
                axis.plot([found.low, found.high], [position, position], color=colour, linewidth=1.6)
            if metric == "average_precision" and name in chance:
                axis.plot(
                    [chance[name]] * 2, [position - 0.35, position + 0.35], color=GRAY, linestyle=":", linewidth=1.4
                )
            mean = len(rows) > 1 and position == len(rows) - 1
            axis.plot(found.value, position, marker="D" if mean else marker, color=colour, markersize=5)
        axis.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
        axis.set_ylim(len(rows) - 0.5, -0.5)
    axes[0].axvline(0.5, color=GRAY, linestyle=":", linewidth=1)
    return figure
