"""Small images in rows: filters, feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.colors import Normalize

from radiobundle.reporting.style import new_figure, save

TILE_INCH = 1.15


def plot_tiles(
    tiles: Sequence[np.ndarray] | np.ndarray,
    names: Sequence[str],
    path: Path,
    *,
    title: str,
    is_signed: bool = False,
    columns: int = 8,
    tile_inch: float = TILE_INCH,
) -> None:
    """Plot arrays (height, width) as tiles, each with a name.

    Args:
        tiles: arrays of any size.
        names: one for each.
        path: PNG to write.
        title: title of the figure.
        is_signed: use one diverging scale around 0 for all; else each in grey from its lowest to its highest value.
        columns: tiles in a row.
        tile_inch: side of a tile.
    """
    across = min(columns, len(tiles))
    down = -(-len(tiles) // across)
    figure = new_figure(max(across * tile_inch, 5.0), down * (tile_inch + 0.18) + 0.45)
    strongest = max(float(np.abs(tile).max()) for tile in tiles) or 1.0
    norm = Normalize(-strongest, strongest) if is_signed else None
    cells = figure.subplots(down, across, squeeze=False).ravel()
    shown = None
    for axes, tile, name in zip(cells, tiles, names, strict=False):
        shown = axes.imshow(tile, cmap="RdBu_r" if is_signed else "gray", norm=norm, interpolation="nearest")
        axes.set_title(name, fontsize=6, pad=2)
    for axes in cells:
        axes.set_axis_off()
    if is_signed and shown is not None:
        figure.colorbar(shown, ax=list(cells), fraction=0.02, pad=0.01).ax.tick_params(labelsize=6)
    figure.suptitle(title, fontsize=8)
    save(figure, path)
