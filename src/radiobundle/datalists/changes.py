"""The change between two images, in words."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from radiobundle.datalists.looks import Box
from radiobundle.datalists.symmetries import NAMES
from radiobundle.datalists.verify import CLOSE_PX

COPY = "copy"
_MOVED = 0.012  # of a side
_TURNED_DEGREES = 0.7
_MARKED = 0.02  # of the contrast
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


@dataclass(frozen=True)
class Placement:
    """Where the corners of what was aligned of the first image lie on the second, float (4, 2) in pixels of each.

    Args:
        start: on the first image, after it was laid.
        end: on the second.
        size: float (2,), width and height of the first after it was laid.
        other_size: those of the second.
    """

    start: np.ndarray
    end: np.ndarray
    size: np.ndarray
    other_size: np.ndarray


def place(boxes: tuple[Box, Box], matrix: np.ndarray, *, lay: int, sizes_px: tuple[tuple[int, ...], ...]) -> Placement:
    """Return how two images are placed relative to each other.

    Args:
        boxes: the parts of both images that were aligned, see `View.box`.
        matrix: see `Agreement.matrix`, at `CLOSE_PX`.
        lay: how the first was laid before.
        sizes_px: width and height of each whole image.
    """
    size = np.array(sizes_px[0] if not lay & 4 else sizes_px[0][::-1], dtype=float)
    other_size = np.array(sizes_px[1], dtype=float)
    matrix = matrix.astype(float)
    inside = ((_CORNERS * CLOSE_PX - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5) / CLOSE_PX
    left, top, right, bottom = boxes[1]
    end = np.array([left, top]) + inside * np.array([right - left, bottom - top])
    return Placement(_laid_corners(boxes[0], lay) * size, end * other_size, size, other_size)


def shear(placement: Placement) -> float:
    """Return how much two images are sheared: 0 for any resizing and rotation, in either order.

    No way of copying shears an image; a patient or a tube that has moved between two exposures does.
    """
    sides = [corners[1:3] - corners[0] for corners in (placement.start, placement.end)]
    matrix = np.linalg.solve(*sides).T
    return min(abs(float(one @ other / np.sqrt((one @ one) * (other @ other)))) for one, other in (matrix, matrix.T))


def describe_change(placement: Placement, unlike: float, *, lay: int, inverted: bool) -> str:
    """Return the change from the first image to the second: `flipped, inverted`, `cropped or shifted`, or `copy`.

    Args:
        placement: how they lie on each other.
        unlike: see `Agreement.unlike`. lay, inverted: what was done to the first before.
    """
    words = [*NAMES[lay], *(["inverted"] if inverted else [])]
    start, end, size = placement.start, placement.end, placement.size
    degrees = _rotation(start, end)
    if abs(degrees) > _TURNED_DEGREES:
        words.append(f"rotated {abs(degrees):.0f} degrees")
        turn = cv2.getRotationMatrix2D(tuple(size / 2), -degrees, 1.0)
        start = start @ turn[:, :2].T + turn[:, 2]
    if np.abs(end / placement.other_size - start / size).max() > _MOVED:
        words.append("cropped or shifted")
    if unlike > _MARKED:
        words.append("marked")
    return ", ".join(words) or COPY


def _laid_corners(box: Box, lay: int) -> np.ndarray:
    """Corners of a view, as fractions of the whole image, after that image was laid."""
    left, top, right, bottom = (box[1], box[0], box[3], box[2]) if lay & 4 else box
    top, bottom = (1 - bottom, 1 - top) if lay & 2 else (top, bottom)
    left, right = (1 - right, 1 - left) if lay & 1 else (left, right)
    return np.array([left, top]) + _CORNERS * np.array([right - left, bottom - top])


def _rotation(start: np.ndarray, end: np.ndarray) -> float:
    """Degrees, clockwise on the screen, of the similarity nearest to the map of the corners, in pixels."""
    a, b = start - start.mean(axis=0), end - end.mean(axis=0)
    return float(np.degrees(np.arctan2((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum(), (a * b).sum())))
