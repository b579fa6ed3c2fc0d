"""One image explained: heat maps of its labels by each method, as a figure, as numbers, and as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from radiobundle.explain.methods import METHODS, Explanation
from radiobundle.explain.overlay_figure import Overlay, OverlayRow, plot_overlays
from radiobundle.explain.pointing_game import hottest_spot
from radiobundle.images.grayscale import read_grayscale
from radiobundle.images.grid import ImageGrid, read_grid, to_image_grid
from radiobundle.models.model import Model
from radiobundle.serving.heat import safe_name
from radiobundle.serving.raw_maps import write_raw_map
from radiobundle.serving.table import is_unusual, shown_labels
from radiobundle.suggest import did_you_mean

UNUSUAL_REMARK = "unlike the validation images"


@dataclass(frozen=True)
class Explainer:
    """What explains images with one model.

    Attributes:
        model: that predicts.
        explanations: of its network, by method.
        labels: to explain; none: those that are predicted, else the most probable one.
        folder: for the files.
        nifti: also write maps as NIfTI.
    """

    model: Model
    explanations: Mapping[str, Explanation]
    labels: Sequence[str]
    folder: Path
    nifti: bool

    def explain(self, row: pd.Series, path: Path, image: torch.Tensor) -> list[dict[str, Any]]:
        """Write the files of one image; return a row for each label and method.

        Args:
            row: of the table of predictions, see `tabulate`.
            path: of the image.
            image: the network's input (1, channels, height, width).
        """
        grid, name = read_grid(path), safe_name(row["image"])
        figure = Path("figures") / f"{name}.png"
        rows, lines, shown = [], [], to_image_grid(read_grayscale(path).astype(np.float32), grid)
        for label in self.labels or shown_labels(row, self.model.labels):
            overlays = []
            for method in self.explanations:
                heat, layer = self._map(image, label, method, grid)
                spot = hottest_spot(np.maximum(heat, 0))  # what speaks against a label is no reason for it
                overlays.append(Overlay(METHODS[method].title, heat, spot, is_signed=METHODS[method].is_signed))
                stem = self.folder / "maps" / f"{name}.{safe_name(label)}.{method}"
                files = write_raw_map(heat, grid, stem, nifti=self.nifti)
                rows.append(
                    {
                        "image": row["image"],
                        "label": label,
                        "probability": row[f"prob:{label}"],
                        "method": method,
                        "layer": layer,
                        **_where(spot, grid),
                        **({"ood_score": row["ood_score"]} if "ood_score" in row else {}),
                        "remark": _remark(row, heat),
                        "figure": figure.as_posix(),
                        "maps": " ".join(file.relative_to(self.folder).as_posix() for file in files),
                    }
                )
            lines.append(OverlayRow(shown, _caption(row, label), overlays))
        plot_overlays(lines, self.folder / figure)
        return rows

    def _map(self, image: torch.Tensor, label: str, method: str, grid: ImageGrid) -> tuple[np.ndarray, str]:
        """Return a heat map on the grid of the file, and the name of the layer that was looked at, if any."""
        explanation = self.explanations[method]
        index = self.model.labels.index(label)
        seen = explanation(image, index)[0].float().cpu().numpy()
        return to_image_grid(seen, grid, steps=self.model.reader.steps), explanation.layer_for(index)


def find_labels(given: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return labels given by name or by index.

    Raises:
        ValueError: one is not there; the message suggests the nearest name, or says which indices there are.

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
            hint = did_you_mean(name, known) or f"; they are {', '.join(known)}"
            raise ValueError(f"`label` {name}: the model has no such label{hint}")
    return list(dict.fromkeys(found))


def _caption(row: pd.Series, label: str) -> str:
    remark = f"\n{UNUSUAL_REMARK}" if is_unusual(row) else ""
    return f"{row['image'][-40:]}\n{label} {row[f'prob:{label}']:.2f}{remark}"


def _where(spot: tuple[float, float], grid: ImageGrid) -> dict[str, float]:
    """Return a spot as fractions of the sides and in pixels of the file, of which the first one's centre is 0."""
    (x, y), (height, width) = spot, grid.size_px
    return {"x": x, "y": y, "x_px": x * width - 0.5, "y_px": y * height - 0.5}


def _remark(row: pd.Series, heat: np.ndarray) -> str:
    remarks = [UNUSUAL_REMARK] if is_unusual(row) else []
    if heat.max() <= 0:
        remarks.append("no region speaks for it")
    return "; ".join(remarks)
