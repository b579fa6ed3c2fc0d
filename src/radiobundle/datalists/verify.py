"""Whether two views show the same image: first by thumbnails, then, if that is likely, by the images themselves."""

from __future__ import annotations

import cv2
import numpy as np

from radiobundle.datalists.alignment import Agreement, align
from radiobundle.datalists.looks import THUMBNAIL_PX, WARPS, Box, View
from radiobundle.datalists.symmetries import laid
from radiobundle.images.opened import levels_to_8_bit

CLOSE_PX = 160


def glance(
    first: View, second: View, *, lay: int, inverted: bool, warp: int, least_local: float = 0.0
) -> Agreement | None:
    """Compare the thumbnails, with the first one oriented and inverted as given."""
    zoom, degrees = WARPS[warp]
    middle = (THUMBNAIL_PX - 1) / 2
    start = cv2.invertAffineTransform(cv2.getRotationMatrix2D((middle, middle), degrees, zoom))
    one = _shown(first.thumbnail, lay, inverted)
    contents = (laid(_mask(first.content, THUMBNAIL_PX), lay), _mask(second.content, THUMBNAIL_PX))
    return align(one, second.thumbnail, contents, start=start, window_px=9, fine_px=1.6, least_local=least_local)


def look_closely(
    first: np.ndarray, second: np.ndarray, views: tuple[View, View], seen: Agreement, *, lay: int, inverted: bool
) -> Agreement | None:
    """Compare the images themselves, at `CLOSE_PX`.

    Args:
        first, second: uint8 or uint16 (height, width).
        views: what was compared of each.
        seen: the agreement of the thumbnails. lay, inverted: what is done to the first before.
    """
    one, other = (_part(pixels, view.box) for pixels, view in zip((first, second), views, strict=True))
    contents = (laid(_mask(views[0].content, CLOSE_PX), lay), _mask(views[1].content, CLOSE_PX))
    scale = CLOSE_PX / THUMBNAIL_PX
    start = seen.matrix.astype(float)
    start[:, 2] = start[:, 2] * scale + (scale - 1) / 2 * (1 - start[:, :2].sum(axis=1))
    return align(_shown(one, lay, inverted), other, contents, start=start, window_px=15, fine_px=2.0, least_local=0.0)


def _shown(pixels: np.ndarray, lay: int, inverted: bool) -> np.ndarray:
    one = laid(pixels, lay)
    return 255 - one if inverted else one


def _mask(content: Box, size_px: int) -> np.ndarray:
    left, top, right, bottom = (round(fraction * size_px) for fraction in content)
    mask = np.zeros((size_px, size_px), dtype=np.float32)
    mask[top:bottom, left:right] = 1
    return mask


def _part(pixels: np.ndarray, box: Box) -> np.ndarray:
    height, width = pixels.shape
    left, top, right, bottom = (round(fraction * side) for fraction, side in zip(box, (width, height) * 2, strict=True))
    part = pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
    shrinks = min(part.shape) >= CLOSE_PX
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return levels_to_8_bit(cv2.resize(part, (CLOSE_PX, CLOSE_PX), interpolation=interpolation))
