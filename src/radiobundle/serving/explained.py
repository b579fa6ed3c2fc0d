"""One image explained: heat maps of its labels by each method, as a figure, as numbers, and as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from radiobundle.explain.methods import Explanation
from radiobundle.explain.on_image import gray_on_grid, heat_on_grid
from radiobundle.explain.overlay_figure import OverlayRow, plot_overlays
from radiobundle.images.grid import ImageGrid, read_grid
from radiobundle.models.model import Model
from radiobundle.serving.heat import safe_name
from radiobundle.serving.raw_maps import write_raw_map
from radiobundle.serving.table import UNUSUAL_REMARK, is_unusual, shown_labels
from radiobundle.suggest import did_you_mean


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
        rows, lines, shown = [], [], gray_on_grid(path, grid)
        for label in self.labels or shown_labels(row, self.model.labels):
            overlays = []
            index = self.model.labels.index(label)
            for method, explanation in self.explanations.items():
                overlay = heat_on_grid(method, explanation, image, index, grid=grid, steps=self.model.reader.steps)
                overlays.append(overlay)
                stem = self.folder / "maps" / f"{name}.{safe_name(label)}.{method}"
                files = write_raw_map(overlay.heat, grid, stem, nifti=self.nifti)
                rows.append(
                    {
                        "image": row["image"],
                        "label": label,
                        "probability": row[f"prob:{label}"],
                        "method": method,
                        "layer": explanation.layer_for(index),
                        **_where(overlay.spot, grid),
                        **({"ood_score": row["ood_score"]} if "ood_score" in row else {}),
                        "remark": _remark(row, overlay.heat),
                        "figure": figure.as_posix(),
                        "maps": " ".join(file.relative_to(self.folder).as_posix() for file in files),
                    }
                )
            lines.append(OverlayRow(shown, _caption(row, label), overlays))
        plot_overlays(lines, self.folder / figure)
        return rows


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
