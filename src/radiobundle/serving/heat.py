"""A picture per film of where the network looks."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pandas as pd
import torch

from radiobundle.explain.heat_figure import HeatFilm, draw_heat
from radiobundle.explain.heat_maps import HeatMaps
from radiobundle.explain.pointing_game import hottest_spot
from radiobundle.models.model import Model
from radiobundle.serving.table import is_predicted, is_unusual


def draw_film(
    row: pd.Series, film: Path, image: torch.Tensor, *, heat_maps: HeatMaps, model: Model, folder: Path
) -> Path:
    """Draw the heat of every label that is called, else of the most probable one; return the picture's path.

    Args:
        row: of the table, see `tabulate`.
        film: file.
        image: the network's input (1, channels, height, width).
        heat_maps: of the network.
        model: for its labels.
        folder: for the picture.
    """
    drawn = [label for label in model.labels if is_predicted(row, label)]
    drawn = drawn or [max(model.labels, key=lambda label: row[f"prob:{label}"])]
    panels = []
    remark = "\nunlike the validation films" if is_unusual(row) else ""
    for label in drawn:
        heat = heat_maps(image, model.labels.index(label))[0].float().cpu().numpy()
        title = f"{label} {row[f'prob:{label}']:.2f}{'' if heat.any() else ', no region speaks for it'}{remark}"
        panels.append(HeatFilm(str(film), title, heat, hottest_spot(heat)))
    path = folder / f"{safe_name(row['image'])}.png"
    draw_heat(panels, path, columns=4, size_inch=4)
    return path


def safe_name(image: str) -> str:
    """Return an image's name as one file name of at most 160 bytes, different for different images."""
    plain = re.sub(r"[^\w.-]+", "_", image).encode("utf-8", "replace")[-150:].decode("utf-8", "ignore")
    checksum = hashlib.sha256(image.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return plain if plain == image else f"{plain}-{checksum}"
