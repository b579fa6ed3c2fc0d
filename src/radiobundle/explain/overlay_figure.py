"""One image beside its heat maps, each laid over it with a colour bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from radiobundle.reporting.style import BLACK, new_figure, save

PANEL_INCH = 3.4
OPAQUE = 0.75  # opacity of the strongest heat


@dataclass(frozen=True)
class Overlay:
    """One heat map.

    Attributes:
        title: name of the method.
        heat: (height, width), on the image's grid.
        spot: x and y of the hottest spot as fractions of the sides; NaN: there is none.
        is_signed: whether values below 0 are evidence against the label.
    """

    title: str
    heat: np.ndarray
    spot: tuple[float, float]
    is_signed: bool = False


@dataclass(frozen=True)
class OverlayRow:
    """One image, or one of its labels.

    Attributes:
        image: grey (height, width).
        text: text above it.
        overlays: heat maps beside it.
    """

    image: np.ndarray
    text: str
    overlays: Sequence[Overlay]


def plot_overlays(rows: Sequence[OverlayRow], path: Path, *, panel_inch: float = PANEL_INCH) -> None:
    """Plot rows: an image, then each of its heat maps laid over it, with a colour bar and the hottest spot."""
    columns = 1 + max(len(row.overlays) for row in rows)
    heights = [min(max(row.image.shape[0] / row.image.shape[1], 0.6), 2.0) for row in rows]
    figure = new_figure(panel_inch * columns, sum(panel_inch * height + 0.3 for height in heights))
    cells = figure.subplots(len(rows), columns, squeeze=False, height_ratios=heights)
    for axes in cells.ravel():
        axes.set_axis_off()
    for line, row in zip(cells, rows, strict=True):
        _show(line[0], row.image)
        line[0].set_title(row.text, fontsize=8)
        for axes, overlay in zip(line[1:], row.overlays, strict=False):
            _plot(figure, axes, row.image, overlay)
    save(figure, path)


def _show(axes: Axes, image: np.ndarray) -> None:
    height, width = image.shape
    axes.imshow(image, cmap="gray", extent=(0, width, height, 0))


def _plot(figure: Figure, axes: Axes, image: np.ndarray, overlay: Overlay) -> None:
    _show(axes, image)
    height, width = image.shape
    strongest = float(np.abs(overlay.heat).max())
    axes.set_title(overlay.title if strongest else f"{overlay.title}\nnothing supports it", fontsize=8)
    if not strongest:
        return
    shown = axes.imshow(
        overlay.heat,
        cmap="RdBu_r" if overlay.is_signed else "inferno",
        norm=Normalize(-strongest if overlay.is_signed else 0, strongest),
        alpha=OPAQUE * np.abs(overlay.heat) / strongest,
        extent=(0, width, height, 0),
    )
    bar = figure.colorbar(shown, ax=axes, fraction=0.046, pad=0.02)
    bar.solids.set_alpha(1)  # type: ignore[union-attr]
    bar.ax.tick_params(labelsize=7)
    for colour, size, line in (("white", 9, 3.5), (BLACK, 8, 1.5)):
        spot = (overlay.spot[0] * width, overlay.spot[1] * height)
        axes.plot(*spot, marker="x", color=colour, markersize=size, markeredgewidth=line)
