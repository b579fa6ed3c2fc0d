"""The pointing game: does the hottest spot of a heat map lie in the box that a radiologist drew?

Source: Zhang et al. 2018, "Top-Down Neural Attention by Excitation Backprop", section 4.2: accuracy =
hits / (hits + misses), per class, then averaged. A spot on the edge of a box is a hit; there is no further tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.evaluation.intervals.wilson import wilson_interval

Box = Mapping[str, Any]
RESOLUTION = 256  # resolution of the grid on which boxes are measured


def hottest_spot(heat: np.ndarray) -> tuple[float, float]:
    """Return x and y, as fractions of the sides, of the centre of the hottest pixel of a map (height, width).

    A map without any heat points nowhere: NaN, NaN.
    """
    if not np.isfinite(heat).all() or heat.max() <= heat.min():
        return float("nan"), float("nan")
    # The middle of all equally hot pixels, because up-sampling produces plateaus.
    rows, columns = np.nonzero(heat >= heat.max())
    return float((columns.mean() + 0.5) / heat.shape[1]), float((rows.mean() + 0.5) / heat.shape[0])


def is_inside(x: float, y: float, boxes: Sequence[Box]) -> bool:
    """Whether a spot lies in any of the boxes ({x, y, width, height} as fractions of the sides)."""
    return any(box["x"] <= x <= box["x"] + box["width"] and box["y"] <= y <= box["y"] + box["height"] for box in boxes)


def box_mask(boxes: Sequence[Box]) -> np.ndarray:
    """Return a bool mask of the cells of a fine square grid over the image whose centre is in any of the boxes."""
    centres = (np.arange(RESOLUTION) + 0.5) / RESOLUTION
    covered = np.zeros((RESOLUTION, RESOLUTION), dtype=bool)
    for box in boxes:
        across = (centres >= box["x"]) & (centres <= box["x"] + box["width"])
        down = (centres >= box["y"]) & (centres <= box["y"] + box["height"])
        covered |= down[:, None] & across[None, :]
    return covered


def covered_fraction(boxes: Sequence[Box]) -> float:
    """Return the fraction of the image covered by the boxes: how often a blind guess would hit."""
    return float(box_mask(boxes).mean())


def score_pointing(points: pd.DataFrame, *, labels: Sequence[str]) -> pd.DataFrame:
    """Return one row per finding that has boxes, then one for all pairs and one for the mean over findings.

    Args:
        points: one row per image and finding with boxes: `finding`, `hit`, `centre_hit` (whether the image's centre
            would be a hit) and `box_fraction` (see `covered_fraction`).
        labels: order of the rows.

    Returns:
        columns finding, pairs, hits, accuracy, low, high (95 % Wilson interval, each pair counted on its own), centre
        (accuracy of always pointing at the centre) and chance (of pointing blindly). The mean has no interval.
    """
    rows = [_score(name, points[points["finding"] == name]) for name in labels if (points["finding"] == name).any()]
    mean = {"finding": "mean over findings", "pairs": len(points), "hits": int(points["hit"].sum())}
    mean |= {column: float(np.mean([row[column] for row in rows])) for column in ("accuracy", "centre", "chance")}
    return pd.DataFrame([*rows, _score("all pairs", points), mean])


def _score(name: str, points: pd.DataFrame) -> dict[str, Any]:
    hits, pairs = int(points["hit"].sum()), len(points)
    low, high = wilson_interval(hits / pairs, pairs)
    return {
        "finding": name,
        "pairs": pairs,
        "hits": hits,
        "accuracy": hits / pairs,
        "low": low,
        "high": high,
        "centre": float(points["centre_hit"].mean()),
        "chance": float(points["box_fraction"].mean()),
    }
