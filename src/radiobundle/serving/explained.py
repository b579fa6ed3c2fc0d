"""Explain one image: heat maps of its labels by each method, as a figure, as arrays, and as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import nn

from radiobundle.explain.captions import short_name
from radiobundle.explain.methods import METHODS, Explanation, explain_by
from radiobundle.explain.on_image import gray_on_grid, heat_on_grid
from radiobundle.explain.overlay_figure import OverlayRow, plot_overlays
from radiobundle.images.grid import ImageGrid, read_grid
from radiobundle.models.model import Model
from radiobundle.serving.heat import safe_name
from radiobundle.serving.raw_maps import write_raw_map
from radiobundle.serving.table import UNUSUAL_REMARK, is_unusual, shown_labels
from radiobundle.suggest import did_you_mean


@dataclass(frozen=True)
class ExplanationRow:
    """One figure of an image and a label.

    Attributes:
        explanations: by method, from left to right.
        layer: the layer of this figure, if there is one figure for each of several layers.
    """

    explanations: Mapping[str, Explanation]
    layer: str | None = None

    def stem(self, *parts: str) -> str:
        """Return the file name of this row, without suffix."""
        return safe_name(".".join((*parts, *([self.layer] if self.layer else []))))


def choose_rows(network: nn.Module, methods: Sequence[str], layers: Sequence[str]) -> list[ExplanationRow]:
    """Return one row with all methods; for several layers, one row each and one for methods that use no layer."""
    if len(layers) <= 1:
        layer = next(iter(layers), None)
        return [ExplanationRow({name: explain_by(name, network, layer=layer) for name in methods})]
    by_layer = [name for name in methods if METHODS[name].looks_at_layer]
    rows = [
        ExplanationRow({name: explain_by(name, network, layer=layer) for name in by_layer}, layer)
        for layer in dict.fromkeys(layers)
    ]
    others = {name: explain_by(name, network) for name in methods if name not in by_layer}
    return [*rows, ExplanationRow(others)] if others else rows


@dataclass(frozen=True)
class Explainer:
    """Explains images with one model.

    Attributes:
        model: the model.
        rows: the figures of each label.
        labels: labels to explain; none: the predicted ones, else the most probable one.
        folder: output folder.
        nifti: also write maps as NIfTI.
    """

    model: Model
    rows: Sequence[ExplanationRow]
    labels: Sequence[str]
    folder: Path
    nifti: bool

    def explain(self, row: pd.Series, path: Path, image: torch.Tensor) -> list[dict[str, Any]]:
        """Write the files of one image; return a row of the table for each label, method and layer.

        Args:
            row: row of the table of predictions, see `tabulate`.
            path: the image file.
            image: the network's input (1, channels, height, width).
        """
        grid = read_grid(path)
        pixels, rows = gray_on_grid(path, grid), []
        for label in self.labels or shown_labels(row, self.model.labels):
            for shown in self.rows:
                rows += self._explain_label(row, label, shown, _Input(image, grid, pixels))
        return rows

    def _explain_label(self, row: pd.Series, label: str, shown: ExplanationRow, given: _Input) -> list[dict[str, Any]]:
        figure = Path("figures") / f"{shown.stem(row['image'], label)}.png"
        index, overlays, rows = self.model.labels.index(label), [], []
        for method, explanation in shown.explanations.items():
            steps = self.model.reader.steps
            overlay = heat_on_grid(method, explanation, given.image, index, grid=given.grid, steps=steps)
            overlays.append(overlay)
            stem = self.folder / "maps" / shown.stem(row["image"], label, method)
            files = write_raw_map(overlay.heat, given.grid, stem, nifti=self.nifti)
            rows.append(
                {
                    "image": row["image"],
                    "label": label,
                    "probability": row[f"prob:{label}"],
                    "method": method,
                    "layer": explanation.layer_for(index),
                    **_where(overlay.spot, given.grid),
                    **({"ood_score": row["ood_score"]} if "ood_score" in row else {}),
                    "remark": _remark(row, overlay.heat),
                    "figure": figure.as_posix(),
                    "maps": " ".join(file.relative_to(self.folder).as_posix() for file in files),
                }
            )
        text = _caption(row, label) + (f"\nlayer {shown.layer}" if shown.layer else "")
        plot_overlays([OverlayRow(given.pixels, text, overlays)], self.folder / figure)
        return rows


class _Input(NamedTuple):
    """An image: the network's input, the grid of the file's pixels, and these pixels in grey."""

    image: torch.Tensor
    grid: ImageGrid
    pixels: np.ndarray


def find_labels(given: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return labels given by name or by index.

    Raises:
        ValueError: a label is unknown; the message suggests the nearest name or lists the indices.

    >>> find_labels(["Mass", "0"], ["Nodule", "Mass"])
    ['Mass', 'Nodule']
    """
    found = []
    for name in given:
        if name in known:
            found.append(name)
        elif name.lstrip("-").isdecimal():
            if not 0 <= int(name) < len(known):
                raise ValueError(f"`label` {name}: the model has the labels 0 to {len(known) - 1}, {', '.join(known)}")
            found.append(known[int(name)])
        else:
            hint = did_you_mean(name, known) or f"; its labels are {', '.join(known)}"
            raise ValueError(f"`label` {name}: the model has no such label{hint}")
    return list(dict.fromkeys(found))


def _caption(row: pd.Series, label: str) -> str:
    remark = f"\n{UNUSUAL_REMARK}" if is_unusual(row) else ""
    return f"{short_name(row['image'])}\n{label} {row[f'prob:{label}']:.2f}{remark}"


def _where(spot: tuple[float, float], grid: ImageGrid) -> dict[str, float]:
    """Return a spot as fractions of the sides and in pixels of the file; the centre of the first pixel is 0."""
    (x, y), (height, width) = spot, grid.size_px
    return {"x": x, "y": y, "x_px": x * width - 0.5, "y_px": y * height - 0.5}


def _remark(row: pd.Series, heat: np.ndarray) -> str:
    remarks = [UNUSUAL_REMARK] if is_unusual(row) else []
    if heat.max() <= 0:
        remarks.append("no region supports it")
    return "; ".join(remarks)
