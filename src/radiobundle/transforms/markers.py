"""Burnt-in letters, arrows and lead markers: a simple detector, and images with its findings painted over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from scipy import ndimage

_BRIGHTNESS, _CONTRAST = 0.55, 0.2  # of the image's range
_STROKE, _SMALLEST, _LARGEST, _GROWTH = 0.035, 0.014, 0.22, 0.01  # of the shorter side
_CENTRE = 0.55  # of the height and of the width
_SOUGHT_PX = 384  # shorter side at which markers are sought in larger images
_RING, _LEVEL = 0.82, 0.75  # quantiles of the pixels around a marker, and of its own


class Box(NamedTuple):
    """Rows from top to bottom and columns from left to right of an image, the last ones not included."""

    left: int
    top: int
    right: int
    bottom: int

    def grown(self, pixels: int) -> Box:
        """Return the box with so many more pixels on each side."""
        return Box(max(0, self.left - pixels), max(0, self.top - pixels), self.right + pixels, self.bottom + pixels)

    def scaled(self, factor: float) -> Box:
        """Return the box in an image that is so many times as large; it covers at least the same."""
        return Box(
            int(self.left * factor),
            int(self.top * factor),
            math.ceil(self.right * factor),
            math.ceil(self.bottom * factor),
        )

    @property
    def slices(self) -> tuple[slice, slice]:
        """Of an array (height, width)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def find_markers(image: np.ndarray) -> list[Box]:
    """Return boxes around what is probably burnt-in text or a marker.

    Letters and markers are small, bright and thin, and stand alone near the margins. So a box counts that holds
    connected pixels which (1) are bright, 0.55 of the image's range and more, and stand out by 0.2 from an opening by a
    disc wider than a stroke (white top hat); (2) spans 1.4 to 22 % of the shorter side; (3) does not have its middle in
    the central 55 % of height and width; (4) is brighter by 0.2 than 82 % of the pixels around it, as a rib, which goes
    on, is not. The range is that from the 1st to the 99.9th percentile. Numbers were chosen by eye on radiographs of
    two sets; what the detector misses and mistakes there: docs/shortcuts.md. Images of more than 384 pixels are made
    smaller first.

    Args:
        image: grey, (height, width), in any unit.
    """
    size_px = np.shape(image)
    scale = max(1.0, min(size_px) / _SOUGHT_PX)
    grey: np.ndarray = np.asarray(image, dtype=np.float32)
    if scale > 1:
        grey = cv2.resize(grey, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
    low, high = np.percentile(grey, [1, 99.9])
    if high <= low:
        return []
    grey = np.clip((grey - low) / (high - low), 0, 1)
    side = min(grey.shape)
    grow = _growth(side)
    found = _strokes(grey, grow)
    return [
        box.grown(grow).scaled(scale)
        for box, strokes in found
        if _is_small(box, side) and _is_outside(box, grey.shape) and _stands_alone(grey, strokes, box, grow)
    ]


def marker_mask(image: np.ndarray) -> np.ndarray:
    """Return the pixels of all boxes of `find_markers`, bool (height, width).

    >>> image = np.zeros((100, 100))
    >>> image[5:12, 80:82] = image[10:12, 80:86] = 255  # the letter L
    >>> rows, columns = np.nonzero(marker_mask(image))
    >>> int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())
    (4, 12, 79, 86)
    """
    mask = np.zeros(np.shape(image), dtype=bool)
    for box in find_markers(image):
        mask[box.slices] = True
    return mask


class MaskMarkers:
    """Paint over each marker's box with the median of the surrounding pixels.

    A step for `RadiographReader`, before any that adds channels: markers are sought in the mean of the channels. The
    whole box is painted, since the outline of a letter would still tell which it was.
    """

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return float32 (channels, height, width)."""
        painted = np.array(image, dtype=np.float32)
        grow = _growth(min(painted.shape[1:]))
        for box in find_markers(painted.mean(axis=0)):
            around = _ring(painted.shape[1:], box, box.grown(2 * grow))
            for channel in painted:
                channel[box.slices] = np.median(channel[around]) if around.any() else np.median(channel)
        return painted


def _growth(side: int) -> int:
    return max(1, round(_GROWTH * side))


def _strokes(grey: np.ndarray, grow: int) -> Iterator[tuple[Box, np.ndarray]]:
    """Yield the box of each group of bright thin pixels, and which pixels these are."""
    radius = max(2, round(_STROKE * min(grey.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    thin = (grey >= _BRIGHTNESS) & (cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, disc) >= _CONTRAST)
    square = np.ones((2 * grow + 1, 2 * grow + 1), np.uint8)  # letters of one word become one group
    names = np.where(thin, cv2.connectedComponents(cv2.dilate(thin.astype(np.uint8), square))[1], 0)
    for name, slices in enumerate(ndimage.find_objects(names), start=1):
        if slices is not None:
            rows, columns = slices
            yield Box(columns.start, rows.start, columns.stop, rows.stop), grey[slices][names[slices] == name]


def _is_small(box: Box, side: int) -> bool:
    sizes = box.right - box.left, box.bottom - box.top
    return min(sizes) >= max(2, _SMALLEST * side) and max(sizes) <= _LARGEST * side


def _is_outside(box: Box, size_px: tuple[int, ...]) -> bool:
    across, down = (box.left + box.right) / 2 / size_px[1], (box.top + box.bottom) / 2 / size_px[0]
    return max(abs(across - 0.5), abs(down - 0.5)) > _CENTRE / 2


def _stands_alone(grey: np.ndarray, strokes: np.ndarray, box: Box, grow: int) -> bool:
    around = grey[_ring(grey.shape, box.grown(max(1, grow // 2)), box.grown(2 * grow))]
    return len(around) > 0 and bool(np.quantile(around, _RING) <= np.quantile(strokes, _LEVEL) - _CONTRAST)


def _ring(size_px: tuple[int, ...], inner: Box, outer: Box) -> np.ndarray:
    ring = np.zeros(size_px, dtype=bool)
    ring[outer.slices] = True
    ring[inner.slices] = False
    return ring
