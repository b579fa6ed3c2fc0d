"""Figures of a sweep: differences from the baseline beside the noise between seeds, learning curves over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from radiobundle.reporting.metric_names import metric_name
from radiobundle.reporting.style import BLACK, COLOURS, GRAY, MARKERS, new_figure, tidy

_STYLES = ("-", "--", ":", "-.")


def plot_sweep_differences(
    rows: Sequence[tuple[str, Mapping[str, Any]]], *, metric: str, baseline: str, band: float | None
) -> Figure:
    """Plot each configuration's difference from the baseline with its interval, and the band of equal configurations.

    Args:
        rows: name and `value`, `low`, `high` of the difference.
        metric: of the scores.
        baseline: name of the configuration that they are compared with.
        band: see `SeedNoise.band`; None: unknown.
    """
    figure = new_figure(7.5, 1.4 + 0.3 * max(len(rows), 1))
    axes = figure.subplots()
    tidy(axes, xlabel=f"{metric_name(metric)} minus that of {baseline}")
    if band is not None:
        axes.axvspan(-band, band, color="#EEEEEE", zorder=0, label="within noise between seeds")
    for position, (_, found) in enumerate(rows):
        axes.plot([found["low"], found["high"]], [position, position], color=COLOURS[0], linewidth=1.6)
        axes.plot(found["value"], position, marker="o", color=COLOURS[0], linestyle="none")
    axes.axvline(0, color=GRAY, linestyle=":", linewidth=1)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    if band is not None:
        figure.legend(fontsize=8, frameon=False, loc="outside upper center")
    return figure


def plot_overlaid_curves(histories: Mapping[str, Sequence[pd.DataFrame]], *, metric: str) -> Figure:
    """Plot validation loss and score by epoch, one colour and style for each configuration, a line for each training.

    Args:
        histories: by configuration, the `history.csv` of each training.
        metric: of the second panel.
    """
    figure = new_figure(12.0, 4.4 + 0.12 * len(histories))
    panels = figure.subplots(1, 2)
    for axes, column in zip(panels, ("val_loss", f"val_{metric}"), strict=True):
        tidy(axes, title=f"{metric_name(column.removeprefix('val_'))}, validation", xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        for at, (name, tables) in enumerate(histories.items()):
            style: dict[str, Any] = {
                "color": COLOURS[at % len(COLOURS)],
                "linestyle": _STYLES[at // len(COLOURS) % len(_STYLES)],
                "marker": MARKERS[at % len(MARKERS)],
            }
            for index, table in enumerate(tables):
                label = name if index == 0 and axes is panels[0] else None
                axes.plot(table["epoch"], table[column], markersize=3, linewidth=1.1, alpha=0.8, label=label, **style)
    figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return figure


def plot_seeds(rows: Sequence[tuple[str, Sequence[float] | np.ndarray]], *, metric: str) -> Figure:
    """Plot the score of every seed of every configuration, and the mean of several: what moves when only the seed does.

    Args:
        rows: name and scores.
        metric: of the scores.
    """
    figure = new_figure(7.5, 1.2 + 0.3 * max(len(rows), 1))
    axes = figure.subplots()
    has_means = any(len(values) > 1 for _, values in rows)
    tidy(axes, xlabel=f"{metric_name(metric)}, each seed (circles){' and their mean (line)' if has_means else ''}")
    for position, (_, values) in enumerate(rows):
        axes.plot(values, [position] * len(values), marker="o", linestyle="none", color=COLOURS[0], alpha=0.7)
        if len(values) > 1:
            axes.plot([np.mean(values)] * 2, [position - 0.3, position + 0.3], color=BLACK, linewidth=1.6)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    return figure
