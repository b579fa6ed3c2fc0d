"""Learning curves from `history.csv` and `losses.csv`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from radiobundle.reporting.style import BLACK, BLUE, RED, new_figure, save, tidy

_PARTS = {"train": ("training", BLUE, "-", "o"), "val": ("validation", RED, "--", "s")}
_PANELS = (
    ("loss", "Loss"),
    ("accuracy", "Accuracy"),
    ("balanced_accuracy", "Balanced accuracy"),
    ("precision", "Precision"),
    ("recall", "Recall"),
    ("auroc", "AUROC"),
)


def write_learning_curves(history_csv: str | Path, output_png: str | Path) -> Path:
    """Plot loss, accuracy, precision, recall and AUROC of training and validation by epoch; mark the best epoch.

    Args:
        history_csv: a table with `epoch` and any of `train_loss`, `val_loss`, `train_precision` ...; a
            missing column is left out of its panel, an epoch without a value interrupts the line.
        output_png: where the figure goes.

    Raises:
        ValueError: no row, no `epoch` column, or none of the known columns.
        OSError: the table cannot be read.
    """
    try:
        history = pd.read_csv(history_csv)
    except pd.errors.EmptyDataError:
        raise ValueError(f"{history_csv}: the file is empty; no epoch has finished yet") from None
    if "epoch" not in history or history.empty:
        raise ValueError(f"{history_csv}: needs a column 'epoch' and at least one row")
    names = [f"{part}_{name}" for name, _ in _PANELS for part in ("train", "val")]
    if not any(name in history for name in names):
        raise ValueError(f"{history_csv}: none of the columns {', '.join(names)}")
    best = best_epoch(history)
    figure = new_figure(12.0, 6.4)
    lines: dict[str, Any] = {}
    for axes, (name, title) in zip(figure.subplots(2, 3).ravel(), _PANELS, strict=True):
        _plot_panel(axes, history, name, title, best)
        handles, words = axes.get_legend_handles_labels()
        lines |= dict(zip(words, handles, strict=True))
    # Below all panels, where it covers nothing.
    figure.legend(lines.values(), lines, loc="outside lower center", ncols=len(lines), fontsize=9, frameon=False)
    return save(figure, Path(output_png))


def write_loss_curve(losses_csv: str | Path, output_png: str | Path) -> Path:
    """Plot training and validation loss by iteration.

    Args:
        losses_csv: a table with `iteration`, `train_loss`, `val_loss`.
        output_png: where the figure goes.
    """
    losses = pd.read_csv(losses_csv)
    figure = new_figure(6.4, 4.0)
    axes = figure.subplots()
    tidy(axes, title="Loss", xlabel="iteration")
    for part in _PARTS:
        _plot_line(axes, losses["iteration"], losses[f"{part}_loss"], part)
    axes.legend(fontsize=8, frameon=False)
    return save(figure, Path(output_png))


def best_epoch(history: pd.DataFrame) -> float | None:
    """Return the last epoch that was `kept`; for another program's table, the one with the lowest `val_loss`."""
    if "kept" in history and history["kept"].any():
        return float(history["epoch"][history["kept"] == 1].iloc[-1])
    if "val_loss" in history and history["val_loss"].notna().any():
        return float(history["epoch"].iloc[int(np.nanargmin(history["val_loss"].to_numpy(dtype=float)))])
    return None


def _plot_panel(axes: Axes, history: pd.DataFrame, name: str, title: str, best: float | None) -> None:
    tidy(axes, title=title, xlabel="epoch")
    plotted = False
    for part in _PARTS:
        column = f"{part}_{name}"
        if column not in history or history[column].isna().all():
            continue
        values = history[column].to_numpy(dtype=float)
        _plot_line(axes, history["epoch"], values, part)
        plotted = True
        if best is not None and part == "val":
            value = float(values[(history["epoch"] == best).to_numpy()][0])
            axes.set_title(f"{title}: {value:.3f} in the best validation epoch", fontsize=10)  # where no line runs
    if not plotted:
        axes.text(0.5, 0.5, "not recorded", ha="center", va="center", transform=axes.transAxes, color="#666666")
        return
    if best is not None:
        axes.axvline(best, color=BLACK, linestyle=":", linewidth=1.2, label=f"best epoch ({best:g})")
    axes.margins(y=0.12)
    axes.set_xlim(history["epoch"].min() - 0.5, history["epoch"].max() + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _plot_line(axes: Axes, x: pd.Series, values: Any, part: str) -> None:
    word, colour, style, marker = _PARTS[part]
    axes.plot(x, values, style, color=colour, marker=marker, markersize=3.5, linewidth=1.6, label=word)
