"""Images with their heat maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from radiobundle.images.grayscale import read_grayscale
from radiobundle.reporting.style import BLACK, ORANGE, panels, save

LEVELS = np.array([0.4, 0.6, 0.8])  # fractions of the highest heat


@dataclass(frozen=True)
class HeatPanel:
    """One image to plot.

    Attributes:
        image: its file.
        title: text above it.
        heat: (height, width), of any size.
        spot: x and y of the hottest spot, as fractions of the sides.
        boxes: {x, y, width, height} as fractions of the sides.
    """

    image: str
    title: str
    heat: np.ndarray
    spot: tuple[float, float]
    boxes: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


def plot_heat(heat_panels: Sequence[HeatPanel], path: Path, *, columns: int = 6, size_inch: float = 2.4) -> None:
    """Plot images with heat contours (40, 60 and 80 % of the maximum), boxes and the hottest spot."""
    figure, cells = panels(len(heat_panels), columns=columns, size_inch=size_inch)
    for axes, panel in zip(cells, heat_panels, strict=True):
        _plot(axes, panel)
    save(figure, path)


def _plot(axes: Axes, panel: HeatPanel) -> None:
    axes.imshow(read_grayscale(panel.image), cmap="gray", extent=(0, 1, 1, 0), aspect="auto")
    if np.ptp(panel.heat) > 0:
        across, down = ((np.arange(size) + 0.5) / size for size in (panel.heat.shape[1], panel.heat.shape[0]))
        axes.contour(
            across, down, panel.heat, levels=panel.heat.max() * LEVELS, colors=ORANGE, linewidths=(0.7, 1.1, 1.6)
        )
    for box in panel.boxes:
        corner = (box["x"], box["y"])
        axes.add_patch(Rectangle(corner, box["width"], box["height"], fill=False, color="white", linestyle="--"))
    for colour, size, width in (("white", 9, 3.5), (BLACK, 8, 1.5)):
        axes.plot(*panel.spot, marker="x", color=colour, markersize=size, markeredgewidth=width)
    axes.set_title(panel.title, fontsize=8)
    axes.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[])
