"""A figure for each image that shows where the network looks."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pandas as pd
import torch

from radiobundle.explain.heat_figure import HeatPanel, plot_heat
from radiobundle.explain.methods import Explanation
from radiobundle.explain.pointing_game import hottest_spot
from radiobundle.images.grid import over_whole_image
from radiobundle.models.model import Model
from radiobundle.serving.table import UNUSUAL_REMARK, is_unusual, shown_labels


def write_heat_figure(
    row: pd.Series, path: Path, image: torch.Tensor, *, heat_maps: Explanation, model: Model, folder: Path
) -> Path:
    """Plot the heat maps of the predicted labels, else of the most probable one; return the figure's path.

    Args:
        row: row of the table, see `tabulate`.
        path: the image file.
        image: the network's input (1, channels, height, width).
        heat_maps: heat maps of the network.
        model: gives the labels.
        folder: output folder.
    """
    panels = []
    remark = f"\n{UNUSUAL_REMARK}" if is_unusual(row) else ""
    for label in shown_labels(row, model.labels):
        seen = heat_maps(image, model.labels.index(label))[0].float().cpu().numpy().clip(min=0)
        heat = over_whole_image(seen, path, steps=model.reader.steps)
        title = f"{label} {row[f'prob:{label}']:.2f}{'' if heat.any() else ', no region supports it'}{remark}"
        panels.append(HeatPanel(str(path), title, heat, hottest_spot(heat)))
    target = folder / f"{safe_name(row['image'])}.png"
    plot_heat(panels, target, columns=4, size_inch=4)
    return target


def safe_name(image: str) -> str:
    """Return an image's name as a unique file name of at most 160 bytes."""
    plain = re.sub(r"[^\w.-]+", "_", image).encode("utf-8", "replace")[-150:].decode("utf-8", "ignore")
    checksum = hashlib.sha256(image.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return plain if plain == image else f"{plain}-{checksum}"
