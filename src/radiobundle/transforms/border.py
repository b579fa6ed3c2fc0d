"""The border of an image: its mask, images without it, and images of it alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BORDER_FRACTION = 0.08


def border_mask(size_px: Sequence[int], fraction: float = BORDER_FRACTION) -> np.ndarray:
    """Return which pixels of an image lie in a frame along its edges, bool (height, width).

    Args:
        size_px: height and width.
        fraction: width of the frame as a fraction of the shorter side, rounded to whole pixels, at least one.

    Raises:
        ValueError: the frame would cover everything.

    >>> border_mask((4, 5), 0.25).astype(int)
    array([[1, 1, 1, 1, 1],
           [1, 0, 0, 0, 1],
           [1, 0, 0, 0, 1],
           [1, 1, 1, 1, 1]])
    """
    height, width = (int(size) for size in size_px)
    if not 0 < fraction < 0.5:
        raise ValueError(f"the border's fraction must lie between 0 and 0.5, got {fraction}")
    frame = max(1, round(fraction * min(height, width)))
    mask = np.ones((height, width), dtype=bool)
    mask[frame : height - frame, frame : width - frame] = False
    if mask.all():
        raise ValueError(f"an image of {width} x {height} pixels is all border at {fraction}")
    return mask


class MaskBorder:
    """Paint over the border with the mean of the inside, so that nothing of the border remains.

    A step for `RadiographReader`. Unlike a crop it does not move anything, so that boxes still fit.

    Args:
        fraction: see `border_mask`.

    >>> MaskBorder(0.3)(np.arange(9, dtype=np.float32).reshape(1, 3, 3)).tolist()
    [[[4.0, 4.0, 4.0], [4.0, 4.0, 4.0], [4.0, 4.0, 4.0]]]
    """

    def __init__(self, fraction: float = BORDER_FRACTION) -> None:
        self.fraction = fraction
        border_mask((1000, 1000), fraction)  # refuse a wrong fraction now

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return float32 (channels, height, width) of the same values inside."""
        return _paint(image, border_mask(np.shape(image)[1:], self.fraction))


class OnlyBorder:
    """Paint over the inside with the mean of the border, so that only the border remains.

    A step for `RadiographReader`. A network that still distinguishes the labels from such images has a shortcut.

    Args:
        fraction: see `border_mask`.

    >>> OnlyBorder(0.3)(np.arange(9, dtype=np.float32).reshape(1, 3, 3))[0, 1].tolist()
    [3.0, 4.0, 5.0]
    """

    def __init__(self, fraction: float = BORDER_FRACTION) -> None:
        self.fraction = fraction
        border_mask((1000, 1000), fraction)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return float32 (channels, height, width) of the same values on the border."""
        return _paint(image, ~border_mask(np.shape(image)[1:], self.fraction))


def _paint(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return a copy in which the masked pixels of each channel are the mean of its other ones."""
    painted = np.array(image, dtype=np.float32)
    for channel in painted:
        channel[mask] = channel[~mask].mean()
    return painted
