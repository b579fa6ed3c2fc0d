"""Films with their heat maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from radiobundle.files import replacing
from radiobundle.images.grayscale import read_grayscale
from radiobundle.reporting.style import BLACK, ORANGE, panels, save

LEVELS = np.array([0.4, 0.6, 0.8])  # of the highest heat


@dataclass(frozen=True)
class HeatFilm:
    """One film to draw.

    Attributes:
        image: file.
        title: above it.
        heat: (height, width), of any size.
        spot: x and y of the hottest spot, as shares of the sides.
        boxes: {x, y, width, height} as shares of the sides.
    """

    image: str
    title: str
    heat: np.ndarray
    spot: tuple[float, float]
    boxes: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


def draw_heat(films: Sequence[HeatFilm], path: Path, *, columns: int = 6, size_inch: float = 2.4) -> None:
    """Draw films with their heat as contours (40, 60 and 80 % of its highest), their boxes and the hottest spot."""
    figure, cells = panels(len(films), columns=columns, size_inch=size_inch)
    for axes, film in zip(cells, films, strict=True):
        _draw(axes, film)
    with replacing(path) as temporary:
        save(figure, temporary)


def _draw(axes: Axes, film: HeatFilm) -> None:
    axes.imshow(read_grayscale(film.image), cmap="gray", extent=(0, 1, 1, 0), aspect="auto")
    if np.ptp(film.heat) > 0:
        across, down = ((np.arange(size) + 0.5) / size for size in (film.heat.shape[1], film.heat.shape[0]))
        axes.contour(
            across, down, film.heat, levels=film.heat.max() * LEVELS, colors=ORANGE, linewidths=(0.7, 1.1, 1.6)
        )
    for box in film.boxes:
        corner = (box["x"], box["y"])
        axes.add_patch(Rectangle(corner, box["width"], box["height"], fill=False, color="white", linestyle="--"))
    for colour, size, width in (("white", 9, 3.5), (BLACK, 8, 1.5)):
        axes.plot(*film.spot, marker="x", color=colour, markersize=size, markeredgewidth=width)
    axes.set_title(film.title, fontsize=8)
    axes.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[])
