"""How much of a map's heat lies on a region of the image: the border, or markers."""

from __future__ import annotations

import cv2
import numpy as np


def covered(mask: np.ndarray, size_px: tuple[int, int]) -> np.ndarray:
    """Return the fraction of each cell of a map that a mask of the image covers, float32 (height, width) of the map.

    Args:
        mask: bool (height, width) of the image at its own size.
        size_px: height and width of the map.

    >>> covered(np.array([[True, False, False, False]] * 2), (1, 2)).tolist()
    [[0.5, 0.0]]
    """
    return cv2.resize(mask.astype(np.float32), size_px[::-1], interpolation=cv2.INTER_AREA)


def energy_on(heat: np.ndarray, cover: np.ndarray) -> float:
    """Return the fraction of a map's sum that lies on a region; NaN for a map without heat.

    Args:
        heat: (height, width), at least 0.
        cover: (height, width), see `covered`.

    >>> energy_on(np.array([[3.0, 1.0]]), np.array([[1.0, 0.0]]))
    0.75
    """
    total = float(heat.sum())
    return float((heat * cover).sum() / total) if np.isfinite(total) and total > 0 else float("nan")
