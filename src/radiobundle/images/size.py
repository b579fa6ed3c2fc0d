"""Height and width of an image, however they are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def height_and_width(image_size_px: int | Sequence[int]) -> tuple[int, int]:
    """Return (height, width) in pixels; one number stands for both.

    Raises:
        ValueError: it is neither, or not positive.

    >>> height_and_width(64), height_and_width([128, 96])
    ((64, 64), (128, 96))
    """
    sizes: list[Any] = [image_size_px] * 2 if isinstance(image_size_px, (int, float)) else list(image_size_px)
    if len(sizes) != 2 or any(size != int(size) or size < 1 for size in sizes):
        raise ValueError(f"image_size_px must be one or two positive whole numbers, got {image_size_px!r}")
    return int(sizes[0]), int(sizes[1])
