"""Confusion matrices as pictures."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from radiobundle.evaluation.confusion import ConfusionMatrix
from radiobundle.evaluation.style import SEQUENTIAL, new_figure


def draw_confusion(matrix: ConfusionMatrix, *, title: str) -> Figure:
    """Counts and row shares side by side; colour follows the share of the row in both."""
    names, shares = matrix.names, matrix.row_normalised
    size = max(2.6, 0.46 * len(names) + 1.2)
    figure = new_figure(2 * size + 1.6, size + 0.7)
    axes = figure.subplots(1, 2)
    small = 9 if len(names) <= 4 else 6
    for axis, values, subtitle in zip(axes, (matrix.counts, shares), ("images", "share of the row"), strict=True):
        shown = axis.imshow(np.nan_to_num(shares), cmap=SEQUENTIAL, vmin=0, vmax=1)
        axis.set_title(subtitle, fontsize=9)
        axis.set_xticks(range(len(names)), names, rotation=90 if len(names) > 4 else 0, fontsize=8)
        axis.set_yticks(range(len(names)), names, fontsize=8)
        axis.set_xlabel("called", fontsize=9)
        for row, column in np.ndindex(values.shape):
            share = shares[row, column]
            colour = "white" if np.isfinite(share) and share > 0.55 else "black"
            text = _cell(float(values[row, column]), axis is axes[1])
            axis.text(column, row, text, ha="center", va="center", fontsize=small, color=colour)
    axes[0].set_ylabel("truth", fontsize=9)
    axes[1].set_yticklabels([])
    figure.colorbar(shown, ax=axes[1], shrink=0.75, format=PercentFormatter(1.0, decimals=0))
    figure.suptitle(title, fontsize=10)
    return figure


def _cell(value: float, is_share: bool) -> str:
    if not np.isfinite(value):
        return "–"
    if is_share:
        return f"{100 * value:.0f}"
    return f"{value:.0f}" if abs(value - round(value)) < 1e-9 else f"{value:.1f}"
