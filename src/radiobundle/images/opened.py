"""A decoded image on its way to the reader: what the decoders of all formats return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

MAX_PIXELS = 100_000_000  # a header may promise anything; the largest radiographs have about 20 million
LUMINANCE = (19595, 38470, 7471)  # ITU-R BT.601 in 1/65536, as Pillow weighs 8-bit colours


@dataclass(frozen=True)
class OpenedImage:
    """One decoded file.

    Attributes:
        image: grey, of Pillow's mode L (8 bits) or I;16.
        mode: how the file keeps its pixels.
        size_px: (width, height) in the file.
        remarks: what had to be guessed or could not be checked.
        square_size_px: (width, height) in square pixels, where those of the file are not square.
        window: grey levels of a 16-bit image that are shown black and white; None: its own range.
    """

    image: Image.Image
    mode: str
    size_px: tuple[int, int]
    remarks: tuple[str, ...] = ()
    square_size_px: tuple[int, int] | None = None
    window: tuple[float, float] | None = None


def check_size(height: int, width: int) -> None:
    """Refuse an implausibly large image before allocating memory for it.

    Raises:
        ValueError: it has more than `MAX_PIXELS`.
    """
    if height * width > MAX_PIXELS:
        raise ValueError(f"{width}x{height} pixels are more than any radiograph has ({MAX_PIXELS:,} at most)")


def to_grey_levels(values: np.ndarray) -> np.ndarray:
    """Return whole grey levels for numbers of any type (height, width): uint8 and uint16 as they are, else uint16.

    Whole numbers of 0 to 65535 keep their values; all others are scaled from their own range to 0..65535.

    Raises:
        ValueError: some are not finite.
    """
    if values.dtype in (np.uint8, np.uint16):
        return values
    if not np.isfinite(values).all():
        raise ValueError("holds values that are not finite")
    low, high = values.min(), values.max()
    if values.dtype.kind in "iub" and low >= 0 and high <= np.iinfo(np.uint16).max:
        return values.astype(np.uint16)
    return np.rint(to_shares(values) * np.iinfo(np.uint16).max).astype(np.uint16)


def to_shares(values: np.ndarray, low: float | None = None, high: float | None = None) -> np.ndarray:
    """Return finite values as fractions of a range (of their own, unless given): float64 in 0..1; 0 if it is empty."""
    values = np.asarray(values, dtype=np.float64)
    low = float(values.min()) if low is None else low
    high = float(values.max()) if high is None else high
    if not high > low:
        return np.zeros_like(values)
    return np.clip((values - low) / (high - low), 0, 1)


def to_8_bit(image: Image.Image) -> Image.Image:
    """Return an image of mode L; one of 16 bits is scaled from its own range."""
    if image.mode == "L":
        return image
    return Image.fromarray(levels_to_8_bit(np.asarray(image)))


def levels_to_8_bit(pixels: np.ndarray) -> np.ndarray:
    """Return pixels as uint8: those that are as they are, others scaled from their own range."""
    if pixels.dtype == np.uint8:
        return pixels
    values = pixels.astype(np.float32)
    low, high = float(values.min()), float(values.max())
    return np.rint((values - low) * (255.0 / max(high - low, 1.0))).astype(np.uint8)


def luminance(colour: np.ndarray) -> np.ndarray:
    """Return the grey of unsigned colours (height, width, 1 to 4), in the same type; alpha is dropped.

    One sample is grey, two are grey and alpha, three red, green, blue, four the same and alpha.
    """
    if colour.shape[2] < 3:
        return np.ascontiguousarray(colour[..., 0])
    weighted = sum(colour[..., channel].astype(np.uint64) * weight for channel, weight in enumerate(LUMINANCE))
    return np.asarray((weighted + 0x8000) >> 16).astype(colour.dtype)
