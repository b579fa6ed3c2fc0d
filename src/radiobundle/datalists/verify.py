"""Whether a pair of views shows one image: first by their thumbnails, then, where that is likely, by the images again."""

from __future__ import annotations

import cv2
import numpy as np

from radiobundle.datalists.alignment import Agreement, align
from radiobundle.datalists.looks import THUMBNAIL_PX, WARPS, View
from radiobundle.datalists.symmetries import laid

CLOSE_PX = 160


def glance(
    first: View, second: View, *, lay: int, inverted: bool, warp: int, least_local: float = 0.0
) -> Agreement | None:
    """Compare the thumbnails, the first laid and inverted as said."""
    zoom, degrees = WARPS[warp]
    middle = (THUMBNAIL_PX - 1) / 2
    start = cv2.invertAffineTransform(cv2.getRotationMatrix2D((middle, middle), degrees, zoom))
    one = _shown(first.thumbnail, lay, inverted)
    return align(one, second.thumbnail, start=start, window_px=9, fine_px=1.6, least_local=least_local)


def look_closely(
    first: np.ndarray, second: np.ndarray, boxes: tuple[tuple[float, ...], ...], seen: Agreement, *, lay: int, inverted: bool
) -> Agreement | None:
    """Compare the images themselves, at `CLOSE_PX`.

    Args:
        first, second: uint8 or uint16 (height, width).
        boxes: the part of each that was compared, see `View.box`.
        seen: the agreement of the thumbnails.
        lay, inverted: what is done to the first before.
    """
    one, other = (_part(pixels, box) for pixels, box in zip((first, second), boxes, strict=True))
    scale = CLOSE_PX / THUMBNAIL_PX
    start = seen.matrix.astype(float)
    start[:, 2] = start[:, 2] * scale + (scale - 1) / 2 * (1 - start[:, :2].sum(axis=1))
    return align(_shown(one, lay, inverted), other, start=start, window_px=15, fine_px=2.0, least_local=0.0)


def _shown(pixels: np.ndarray, lay: int, inverted: bool) -> np.ndarray:
    one = laid(pixels, lay)
    return 255 - one if inverted else one


def _part(pixels: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
    height, width = pixels.shape
    left, top, right, bottom = (round(share * side) for share, side in zip(box, (width, height) * 2, strict=True))
    part = pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
    shrinks = min(part.shape) >= CLOSE_PX
    part = cv2.resize(part, (CLOSE_PX, CLOSE_PX), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    if part.dtype == np.uint8:
        return part
    low, high = float(part.min()), float(part.max())
    return np.rint((part.astype(np.float32) - low) * (255.0 / max(high - low, 1.0))).astype(np.uint8)
