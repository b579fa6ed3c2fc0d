"""The appearance of an image, small enough to keep for every image: thumbnails and their descriptors."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.fft import dct

from radiobundle.images.opened import levels_to_8_bit

THUMBNAIL_PX = 64
FREQUENCIES = 12  # of the cosine transform in each direction; the first, the mean, carries no information
COARSE_FREQUENCIES = 10
WARPS = ((1.0, 0.0), (0.94, 0.0), (0.97, 0.0), (1.03, 0.0), (1.06, 0.0), (1.0, 2.0), (1.0, -2.0))  # zoom, degrees
_BORDER_LEVELS = 3  # of 255: what JPEG makes of one grey level
_BORDER_FRACTION = 0.995
_BORDER_MOST = 0.4  # of a side; what is left must hold something
_WORKING_PX = 256
_LOCAL_PX = 6.0
_COSINES = dct(np.eye(THUMBNAIL_PX), axis=0, norm="ortho")[:FREQUENCIES].astype(np.float32)
_KERNEL = cv2.getGaussianKernel(round(_LOCAL_PX * 8) | 1, _LOCAL_PX, cv2.CV_32F)  # 4 standard deviations to each side
_BLUR = cv2.sepFilter2D(np.eye(THUMBNAIL_PX, dtype=np.float32), -1, np.ones(1, dtype=np.float32), _KERNEL)
_LINES_AT_ONCE = 8

Box = tuple[float, float, float, float]
_ALL: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class View:
    """An image, or the part within its uniform borders.

    Args:
        box: left, top, right, bottom as fractions of the image's sides.
        content: left, top, right, bottom, as fractions of the view's sides, of what lies within its uniform borders.
        thumbnail: uint8 (THUMBNAIL_PX, THUMBNAIL_PX), the sides scaled each by its own.
        waves: float16 (len(WARPS), FREQUENCIES, FREQUENCIES), the low frequencies of the thumbnail after equalisation
            and local normalisation, turned and zoomed a little in the ways of `WARPS`.
    """

    box: Box
    content: Box
    thumbnail: np.ndarray
    waves: np.ndarray


def look_at(pixels: np.ndarray) -> list[View]:
    """Return the views of an image: the whole and, where it has uniform borders, the part within; none if constant.

    Args:
        pixels: uint8 or uint16 (height, width).
    """
    height, width = pixels.shape
    scale = _WORKING_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    grey = levels_to_8_bit(small)
    if grey.min() == grey.max():
        return []
    whole = (0, 0, grey.shape[1], grey.shape[0])
    inner = _inner_box(grey)
    if inner == whole:
        return [_view(grey, whole, _ALL)]
    return [_view(grey, whole, _shares(inner, grey)), _view(grey, inner, _ALL)]


def equalised(thumbnail: np.ndarray) -> np.ndarray:
    """Return float32 in -1..1: the fraction of darker less that of brighter pixels, whatever the grey scale was."""
    counts = np.bincount(thumbnail.ravel(), minlength=256)
    ranks = np.cumsum(counts) - counts / 2
    return cv2.LUT(thumbnail, (ranks / thumbnail.size * 2 - 1).astype(np.float32))


def _shares(box: tuple[int, int, int, int], grey: np.ndarray) -> Box:
    height, width = grey.shape
    return (box[0] / width, box[1] / height, box[2] / width, box[3] / height)


def _view(grey: np.ndarray, box: tuple[int, int, int, int], content: Box) -> View:
    left, top, right, bottom = box
    part = grey[top:bottom, left:right]
    shrinks = min(part.shape) >= THUMBNAIL_PX
    thumbnail = cv2.resize(
        part, (THUMBNAIL_PX, THUMBNAIL_PX), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return View(_shares(box, grey), content, thumbnail, _waves([_warped(thumbnail, *warp) for warp in WARPS]))


def _waves(thumbnails: list[np.ndarray]) -> np.ndarray:
    """Return the low cosine waves, float16 (thumbnails, FREQUENCIES, FREQUENCIES), the first of each 0."""
    ranks = np.stack([equalised(thumbnail) for thumbnail in thumbnails])
    detail = ranks - _BLUR @ ranks @ _BLUR.T
    contrast = np.sqrt(np.maximum(_BLUR @ (detail * detail) @ _BLUR.T, 0))
    low = _COSINES @ (detail / (contrast + 0.1)) @ _COSINES.T
    low[:, 0, 0] = 0
    return low.astype(np.float16)


def _warped(thumbnail: np.ndarray, zoom: float, degrees: float) -> np.ndarray:
    if (zoom, degrees) == (1.0, 0.0):
        return thumbnail
    middle = (THUMBNAIL_PX - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), degrees, zoom)
    return cv2.warpAffine(thumbnail, matrix, thumbnail.shape[::-1], borderMode=cv2.BORDER_REPLICATE)


def _inner_box(grey: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom without border lines of one grey level."""
    height, width = grey.shape
    top, bottom = _border_lines(grey), _border_lines(grey[::-1])
    left, right = _border_lines(grey.T), _border_lines(grey.T[::-1])
    return left, top, width - right, height - bottom


def _border_lines(grey: np.ndarray) -> int:
    most = int(len(grey) * _BORDER_MOST)
    for start in range(0, most, _LINES_AT_ONCE):
        lines = np.ascontiguousarray(grey[start : min(start + _LINES_AT_ONCE, most)])
        level = np.median(lines, axis=1, keepdims=True)
        uniform = (np.abs(lines - level) <= _BORDER_LEVELS).mean(axis=1) >= _BORDER_FRACTION
        if not uniform.all():
            return start + int(np.argmin(uniform))
    return most
