"""By which change one image came from another, in words."""

from __future__ import annotations

import cv2
import numpy as np

from radiobundle.datalists.alignment import Agreement
from radiobundle.datalists.looks import Box
from radiobundle.datalists.symmetries import NAMES
from radiobundle.datalists.verify import CLOSE_PX

COPY = "copy"
_MOVED = 0.012  # of a side
_TURNED_DEGREES = 0.7
_MARKED = 0.02  # of the contrast
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def describe_change(
    boxes: tuple[Box, Box], agreement: Agreement, *, lay: int, inverted: bool, sizes_px: tuple[tuple[int, ...], ...]
) -> str:
    """Return what turns the first image into the second: `flipped, inverted`, `cropped or shifted`, or `copy`.

    Args:
        boxes: the parts of both images that were aligned, see `View.box`.
        agreement: how they agree at `CLOSE_PX`.
        lay, inverted: what was done to the first before.
        sizes_px: width and height of each whole image.
    """
    words = [*NAMES[lay], *(["inverted"] if inverted else [])]
    size = np.array(sizes_px[0] if not lay & 4 else sizes_px[0][::-1], dtype=float)
    start = _laid_corners(boxes[0], lay)
    matrix = agreement.matrix.astype(float)
    inside = ((_CORNERS * CLOSE_PX - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5) / CLOSE_PX
    left, top, right, bottom = boxes[1]
    end = np.array([left, top]) + inside * np.array([right - left, bottom - top])
    degrees = _rotation(start * size, end * np.array(sizes_px[1], dtype=float))
    if abs(degrees) > _TURNED_DEGREES:
        words.append(f"rotated {abs(degrees):.0f} degrees")
        turn = cv2.getRotationMatrix2D(tuple(size / 2), -degrees, 1.0)
        start = (start * size @ turn[:, :2].T + turn[:, 2]) / size
    if np.abs(end - start).max() > _MOVED:
        words.append("cropped or shifted")
    if agreement.unlike > _MARKED:
        words.append("marked")
    return ", ".join(words) or COPY


def _laid_corners(box: Box, lay: int) -> np.ndarray:
    """Corners of a view, as shares of the whole image, after that image was laid."""
    left, top, right, bottom = (box[1], box[0], box[3], box[2]) if lay & 4 else box
    top, bottom = (1 - bottom, 1 - top) if lay & 2 else (top, bottom)
    left, right = (1 - right, 1 - left) if lay & 1 else (left, right)
    return np.array([left, top]) + _CORNERS * np.array([right - left, bottom - top])


def _rotation(start: np.ndarray, end: np.ndarray) -> float:
    """Degrees, clockwise on the screen, of the similarity nearest to the map of the corners, in pixels."""
    a, b = start - start.mean(axis=0), end - end.mean(axis=0)
    return float(np.degrees(np.arctan2((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum(), (a * b).sum())))
