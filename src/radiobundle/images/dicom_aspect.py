"""Resample the pixels of a DICOM image, which may be oblong, to square ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from radiobundle.images.opened import check_size

SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
MOST_OBLONG = 10.0  # the longer side of a pixel over the shorter one; those of detectors are square


def with_square_pixels(image: Image.Image, dataset: Any, remarks: list[str]) -> Image.Image:
    """Resample to square pixels by the aspect ratio (PS3.3, C.7.6.3.1.7) or, without one, by the spacing of rows.

    Raises:
        ValueError: an implausible ratio, or more pixels than any radiograph has.
    """
    vertical, horizontal = _aspect(dataset, remarks)
    ratio = vertical / horizontal
    if not 1 / MOST_OBLONG <= ratio <= MOST_OBLONG:
        raise ValueError(
            f"its pixels are declared as {vertical:g} high and {horizontal:g} wide, which no image has; "
            "correct its Pixel Aspect Ratio or Pixel Spacing"
        )
    height = max(1, round(image.height * ratio))
    check_size(height, image.width)
    return image if height == image.height else image.resize((image.width, height), Image.Resampling.BILINEAR)


def spacing_of(dataset: Any) -> tuple[float, float] | None:
    """Return the first spacing of (rows, columns) in mm that a data set gives; None: none is usable."""
    return next(filter(None, (_positive_pair(dataset.get(key)) for key in SPACINGS)), None)


def _aspect(dataset: Any, remarks: list[str]) -> tuple[float, float]:
    for key in ("PixelAspectRatio", *SPACINGS):
        value = dataset.get(key)
        if value is None or value == "":
            continue
        if (pair := _positive_pair(value)) is not None:
            return pair
        remarks.append(f"its {key} {value} is not a pair of positive numbers; not used")
    return 1.0, 1.0


def _positive_pair(value: Any) -> tuple[float, float] | None:
    try:
        vertical, horizontal = (float(number) for number in value)
    except (TypeError, ValueError):
        return None
    return (
        (vertical, horizontal) if min(vertical, horizontal) > 0 and np.isfinite([vertical, horizontal]).all() else None
    )
