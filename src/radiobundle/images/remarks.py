"""What is worth saying of an image that can be read, but hardly is what a radiograph looks like."""

from __future__ import annotations

import numpy as np
from PIL import Image

from radiobundle.images.opened import OpenedImage

SMALLEST_SIDE_PX = 32
LONGEST_ASPECT = 4.0  # long side over short side
FEWEST_LEVELS = 8  # of 256
SAMPLE_PX = 64  # side of the sample used to judge the tones
NEARLY_ALL = 0.995  # fraction of the pixels
NARROW = 4  # grey levels to each side of one, of 256


def remarks_of(opened: OpenedImage, image: Image.Image) -> tuple[str, ...]:
    """Return what the decoder said of an image, and what is unusual about what came out, here in mode L."""
    return (*opened.remarks, *remark_on(image, opened.square_size_px or opened.size_px))


def remark_on(image: Image.Image, size_px: tuple[int, int]) -> tuple[str, ...]:
    """Return what is unusual: tiny, very long, nearly constant, nearly binary; usually nothing.

    Nearly constant: 99.5 % of the pixels lie within 4 grey levels of one level. Nearly binary: so many lie within 4 of
    one of two levels, or fewer than 8 levels occur at all.

    Args:
        image: of mode L, in any resolution.
        size_px: (width, height) of the whole image, in square pixels.
    """
    remarks = []
    short, long = sorted(size_px)
    if short < SMALLEST_SIDE_PX:
        remarks.append(f"tiny ({size_px[0]}x{size_px[1]} px)")
    if long > LONGEST_ASPECT * short:
        remarks.append(f"very long ({size_px[0]}x{size_px[1]} px)")
    size = min(image.width, SAMPLE_PX), min(image.height, SAMPLE_PX)
    sample = image if size == image.size else image.resize(size, Image.Resampling.NEAREST)  # as good for fractions
    counts = sample.histogram()
    # Two peaks hold no more than the most frequent levels do; nearly every image is told to be ordinary so, and fast.
    if sum(sorted(counts)[-2 * (2 * NARROW + 1) :]) >= NEARLY_ALL * sum(counts):
        remarks += _remark_on_tone(np.asarray(counts) / sum(counts))
    return tuple(remarks)


def _remark_on_tone(fractions: np.ndarray) -> list[str]:
    """Return a remark on the fractions (256,) of the grey levels, none for an ordinary image."""
    first, left = _take_peak(fractions)
    if first >= NEARLY_ALL:
        return [f"nearly constant ({first:.1%} of the pixels have nearly the same grey)"]
    second, _ = _take_peak(left)
    levels = int(np.count_nonzero(fractions))
    if first + second >= NEARLY_ALL or levels < FEWEST_LEVELS:
        return [f"nearly binary ({levels} grey levels, {first + second:.1%} of the pixels near two of them)"]
    return []


def _take_peak(fractions: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the most that lies within `NARROW` levels of any level, and the fractions without it."""
    padded = np.concatenate([[0.0], np.cumsum(fractions)])
    levels = np.arange(len(fractions))
    low, high = np.maximum(levels - NARROW, 0), np.minimum(levels + NARROW + 1, len(fractions))
    within = padded[high] - padded[low]
    best = int(within.argmax())
    left = fractions.copy()
    left[low[best] : high[best]] = 0
    return float(within[best]), left
