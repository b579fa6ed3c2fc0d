"""The figure of a learning-rate range test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from radiobundle.reporting.style import COLOURS, GRAY, new_figure, save, tidy


def write_range_figure(
    path: Path, rates: Sequence[float], losses: Sequence[float], *, suggestion: float | None
) -> None:
    """Plot the smoothed loss over the learning rate, and where it falls steepest.

    Args:
        path: the PNG to write.
        rates: increasing learning rates.
        losses: loss at each rate.
        suggestion: the rate to mark; None: none.
    """
    figure = new_figure(6, 4)
    axes = figure.add_subplot()
    axes.plot(rates, losses, color=COLOURS[0])
    if suggestion is not None:
        axes.axvline(suggestion, color=GRAY, linestyle="--")
        note = f"steepest at {suggestion:.2g}"
        place = (suggestion, max(losses[:2]))
        axes.annotate(note, place, xytext=(4, 4), textcoords="offset points", color=GRAY)
    axes.set_xscale("log")
    tidy(axes, title="Learning-rate range test", xlabel="learning rate", ylabel="training loss, smoothed")
    save(figure, path)
