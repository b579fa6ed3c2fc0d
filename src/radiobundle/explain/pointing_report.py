"""The pointing game on paper: a table, its numbers as JSON, and the films with heat and boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from radiobundle.evaluation.style import BLACK, ORANGE, panels, save
from radiobundle.explain.pointing_game import score_pointing
from radiobundle.files import replacing, write_json, write_text
from radiobundle.images.grayscale import read_grayscale

SHOWN = 24


def write_pointing_report(points: pd.DataFrame, *, labels: Sequence[str], layer: str, output_dir: Path) -> None:
    """Write `localisation.csv` (a row per film and finding), `localisation.json` and `localisation.md`.

    Args:
        points: see `score_pointing`, with further columns to keep.
        labels: of the network.
        layer: that the heat maps were taken from.
        output_dir: where to.
    """
    scores = score_pointing(points, labels=labels)
    with replacing(output_dir / "localisation.csv") as temporary:
        points.to_csv(temporary, index=False)
    rows = [{key: value for key, value in row.items() if not pd.isna(value)} for row in scores.to_dict("records")]
    write_json(output_dir / "localisation.json", {"method": "Grad-CAM pointing game", "layer": layer, "scores": rows})
    lines = [
        f"Grad-CAM of `{layer}`: does its hottest spot lie in the radiologist's box? 95 % Wilson intervals.",
        "",
        "| finding | boxed films | hits | accuracy | centre of the film | blind guess |",
        "|---|---|---|---|---|---|",
        *(_line(row) for row in rows),
    ]
    write_text(output_dir / "localisation.md", "\n".join(lines) + "\n")


def draw_heat(
    films: Sequence[tuple[str, str, np.ndarray, Sequence[Mapping[str, Any]], tuple[float, float], bool]], path: Path
) -> None:
    """Draw films with their heat maps as contours, their boxes, and the hottest spot.

    Args:
        films: path, finding, heat map (height, width), boxes, hottest spot and whether it is a hit.
        path: PNG to write.
    """
    figure, cells = panels(len(films), columns=6, size_inch=2.4)
    for axes, (image, finding, heat, boxes, (x, y), hit) in zip(cells, films, strict=True):
        axes.imshow(read_grayscale(image), cmap="gray", extent=(0, 1, 1, 0), aspect="auto")
        if np.ptp(heat) > 0:
            across, down = ((np.arange(size) + 0.5) / size for size in (heat.shape[1], heat.shape[0]))
            levels = heat.max() * np.array([0.4, 0.6, 0.8])
            axes.contour(across, down, heat, levels=levels, colors=ORANGE, linewidths=(0.7, 1.1, 1.6))
        for box in boxes:
            corner = (box["x"], box["y"])
            axes.add_patch(Rectangle(corner, box["width"], box["height"], fill=False, color="white", linestyle="--"))
        axes.plot([x], [y], marker="x", color="white", markersize=9, markeredgewidth=3.5)
        axes.plot([x], [y], marker="x", color=BLACK, markersize=8, markeredgewidth=1.5)
        axes.set_title(f"{finding} {'✓' if hit else '✗'}", fontsize=8)
        axes.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[])
    with replacing(path) as temporary:
        save(figure, temporary)


def _line(row: Mapping[Any, Any]) -> str:
    interval = f" ({row['low']:.2f} to {row['high']:.2f})" if "low" in row else ""
    cells = [row["finding"], row["pairs"], row["hits"], f"{row['accuracy']:.2f}{interval}"]
    return "| " + " | ".join(map(str, [*cells, f"{row['centre']:.2f}", f"{row['chance']:.2f}"])) + " |"
