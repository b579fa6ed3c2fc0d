"""An image and its heat maps on the pixel grid of the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from radiobundle.explain.methods import METHODS, Explanation
from radiobundle.explain.overlay_figure import Overlay
from radiobundle.explain.pointing_game import hottest_spot
from radiobundle.images.grayscale import read_grayscale
from radiobundle.images.grid import ImageGrid, to_image_grid


def gray_on_grid(path: str | Path, grid: ImageGrid) -> np.ndarray:
    """Return the grey levels of an image on the pixel grid of its file, float32 (height, width)."""
    return to_image_grid(read_grayscale(path).astype(np.float32), grid)


def heat_on_grid(
    method: str,
    explanation: Explanation,
    image: torch.Tensor,
    label: int,
    *,
    grid: ImageGrid,
    steps: Sequence[Callable[[Any], Any]],
) -> Overlay:
    """Return the heat map of one image for one label, on the pixel grid of its file.

    Args:
        method: a name in `METHODS`.
        explanation: heat maps of the network by this method.
        image: the network's input (1, channels, height, width).
        label: its index.
        grid: grid of the file.
        steps: the reader's steps, which are undone.
    """
    seen = explanation(image, label)[0].float().cpu().numpy()
    heat = to_image_grid(seen, grid, steps=steps)
    spot = hottest_spot(np.maximum(heat, 0))  # evidence against a label is not evidence for it
    return Overlay(METHODS[method].title, heat, spot, is_signed=METHODS[method].is_signed)
