"""Boxes around findings, which tables give in pixels and datalists hold as fractions of the image's sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from radiobundle.sources.spelling import number


def box_of(location: str, label: str, corners: Sequence[str], *, size_px: tuple[int, int]) -> dict[str, Any]:
    """Return a box as {label, x, y, width, height}, fractions of the image's sides.

    Args:
        location: where it stands, for messages.
        label: of the finding.
        corners: x, y, width, height in pixels, as text.
        size_px: width and height of the image.

    Raises:
        ValueError: a corner is no number, or the box lies outside its image.

    >>> box_of("line 2", "Mass", ["10", "20", "30", "40"], size_px=(100, 200))
    {'label': 'Mass', 'x': 0.1, 'y': 0.1, 'width': 0.3, 'height': 0.2}
    """
    try:
        pixels = [number(value) for value in corners]
    except ValueError as error:
        raise ValueError(f"{location}: {error}; x, y, width and height must be numbers in pixels") from error
    x, y, width, height = (value / size_px[side % 2] for side, value in enumerate(pixels))
    if min(x, y) < 0 or min(width, height) <= 0 or x + width > 1 or y + height > 1:
        raise ValueError(f"{location}: the box {list(corners)} lies outside its image of {size_px[0]}x{size_px[1]} px")
    return {"label": label, "x": x, "y": y, "width": width, "height": height}
