"""The grey levels of an image file with all their bits, and the window in which the reader shows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from radiobundle.images.grayscale import open_grayscale, read_bytes
from radiobundle.images.opened import to_shares


@dataclass(frozen=True)
class GreyLevels:
    """An image for people, in square pixels.

    Args:
        pixels: (height, width), uint8 or uint16; larger is brighter.
        low: shown black, as everything below it.
        high: shown white, as everything above it.
    """

    pixels: np.ndarray
    low: float
    high: float

    @property
    def shown(self) -> np.ndarray:
        """The image in its window: uint8 (height, width)."""
        if self.pixels.dtype == np.uint8 and (self.low, self.high) == (0, 255):
            return self.pixels
        return np.rint(255 * to_shares(self.pixels, self.low, self.high)).astype(np.uint8)

    def reduced(self, longest_px: int) -> GreyLevels:
        """Return it with sides of at most so many pixels, each the mean of those that it replaces."""
        height, width = self.pixels.shape
        scale = longest_px / max(height, width)
        if scale >= 1:
            return self
        size = max(1, round(width * scale)), max(1, round(height * scale))
        return GreyLevels(cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA), self.low, self.high)


def read_levels(path: str | Path) -> GreyLevels:
    """Read an image file of any format as a viewer would: 16 bits are kept, and the window is the one of the reader.

    Raises:
        UnreadableImageError: see `read_grayscale`.
    """
    opened = open_grayscale(read_bytes(path), str(path), min_size_px=None, keep_bits=True)
    pixels = np.asarray(opened.image)
    if opened.window is not None:
        return GreyLevels(pixels, *opened.window)
    if pixels.dtype == np.uint8:
        return GreyLevels(pixels, 0, 255)
    return GreyLevels(pixels, float(pixels.min()), float(pixels.max()))
