"""The figure of a learning-rate range test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from radiobundle.reporting.style import COLOURS, GRAY, new_figure, save, tidy


def write_range_figure(path: Path, rates: Sequence[float], losses: Sequence[float], *, suggestion: float) -> None:
    """Plot the smoothed loss over the learning rate, and where it falls steepest.

    Args:
        path: of the PNG.
        rates: learning rates, growing.
        losses: at each.
        suggestion: the rate to mark.
    """
    figure = new_figure(6, 4)
    axes = figure.add_subplot()
    axes.plot(rates, losses, color=COLOURS[0])
    axes.axvline(suggestion, color=GRAY, linestyle="--")
    axes.annotate(f"steepest at {suggestion:.2g}", (suggestion, max(losses[:2])), xytext=(4, 4),
                  textcoords="offset points", color=GRAY)  # fmt: skip
    axes.set_xscale("log")
    tidy(axes, title="Learning-rate range test", xlabel="learning rate", ylabel="training loss, smoothed")
    save(figure, path)
