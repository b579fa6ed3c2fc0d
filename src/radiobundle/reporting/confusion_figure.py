"""Confusion matrices as figures."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from radiobundle.evaluation.metrics.confusion import ConfusionMatrix
from radiobundle.reporting.style import SEQUENTIAL, new_figure


def plot_confusion(matrix: ConfusionMatrix, *, title: str) -> Figure:
    """Plot counts and row fractions side by side, coloured by row fraction; recall at the right, precision below."""
    fractions = matrix.row_normalised
    longest = max(len(matrix.row_names), len(matrix.column_names))
    size = max(3.0, 0.46 * longest + 1.6)
    figure = new_figure(2 * size + 1.8, size + 0.9)
    left, right = figure.subplots(1, 2)
    _plot(left, matrix, fractions, matrix.counts, subtitle="counts")
    _plot(right, matrix, fractions, fractions, subtitle="row fraction in %")
    left.set_ylabel("true", fontsize=9)
    right.set_yticklabels([])
    figure.colorbar(right.images[0], ax=right, shrink=0.75, format=PercentFormatter(1.0, decimals=0))
    figure.suptitle(title, fontsize=10)
    return figure


def _plot(axis: Axes, matrix: ConfusionMatrix, fractions: np.ndarray, values: np.ndarray, *, subtitle: str) -> None:
    """One panel: cells, and a margin of one row and one column that belongs to no class."""
    rows, columns = fractions.shape
    small = 9 if max(rows, columns) <= 4 else 6
    axis.imshow(np.nan_to_num(fractions), cmap=SEQUENTIAL, vmin=0, vmax=1)
    axis.set_xlim(-0.5, columns + 0.5)
    axis.set_ylim(rows + 0.5, -0.5)
    axis.axvline(columns - 0.5, color="black", linewidth=0.8)
    axis.axhline(rows - 0.5, color="black", linewidth=0.8)
    axis.set_title(subtitle, fontsize=9)
    axis.set_xticks(
        range(columns + 1), [*matrix.column_names, "recall in %"], rotation=90 if columns > 3 else 0, fontsize=8
    )
    axis.set_yticks(range(rows + 1), [*matrix.row_names, "precision in %"], fontsize=8)
    axis.set_xlabel("predicted", fontsize=9)
    for row, column in np.ndindex(values.shape):
        colour = "white" if np.nan_to_num(fractions[row, column]) > 0.55 else "black"
        text = _percent(float(fractions[row, column])) if values is fractions else f"{values[row, column]:.0f}"
        axis.text(column, row, text, ha="center", va="center", fontsize=small, color=colour)
    for row, value in enumerate(matrix.recall):
        axis.text(columns, row, _percent(value), ha="center", va="center", fontsize=small, style="italic")
    for column, value in enumerate(matrix.precision):
        axis.text(column, rows, _percent(value), ha="center", va="center", fontsize=small, style="italic")


def _percent(value: float) -> str:
    return f"{100 * value:.0f}" if np.isfinite(value) else "–"
