"""Whether two thumbnails show the same image once they are aligned, and what was changed between them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_STEPS = 30
_SETTLED = 1e-3  # change of the coefficient
_LINEAR = 0.5  # the rest is equalised: fine for lungs, but it would blow up the noise of a dark background
_LEAST_OVERLAP = 0.5
_UNLIKE = 0.6  # below this correlation a window shows something else


@dataclass(frozen=True)
class Agreement:
    """How two aligned thumbnails agree.

    Args:
        matrix: float (2, 3), from the first's to the second's pixels of the thumbnails.
        local: median correlation of the windows, by the contrast in them.
        detail: the same for structures finer than the windows.
        best_detail: upper quartile of the latter: what a burnt-in mark does not affect.
        unlike: fraction of the contrast in windows that do not correlate.
    """

    matrix: np.ndarray
    local: float
    detail: float
    best_detail: float
    unlike: float


def align(
    first: np.ndarray,
    second: np.ndarray,
    contents: tuple[np.ndarray, np.ndarray],
    *,
    start: np.ndarray,
    window_px: int,
    fine_px: float,
    least_local: float,
) -> Agreement | None:
    """Align two thumbnails: affine, by the enhanced correlation coefficient (Evangelidis, Psarakis 2008).

    The grey levels of one are replaced by those of the same rank in the other, whichever has less noise then: no
    monotone change of grey levels (exposure, gamma, equalisation) matters.

    Args:
        first, second: uint8 (height, width), of the same size, in the same orientation and not inverted.
        contents: float32 (height, width) of each, 1 where something is shown and 0 on uniform borders, which all look
            alike and are not compared.
        start: float (2, 3), a first guess at the matrix.
        window_px: side of the windows that are compared.
        fine_px: standard deviation of the Gaussian; finer structures count as detail.
        least_local: below this `Agreement.local`, the comparison stops.

    Returns:
        None if they cannot be aligned, or agree less.
    """
    a, b = _same_greys(first, second)
    everywhere = np.ones(a.shape, dtype=np.uint8)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, _SETTLED)
    try:
        _, matrix = cv2.findTransformECC(a, b, start.astype(np.float32), cv2.MOTION_AFFINE, criteria, everywhere, 3)
    except cv2.error:  # it does not converge: they are not alike
        return None
    size = a.shape[::-1]
    moved = cv2.warpAffine(
        b, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    overlap = cv2.warpAffine(contents[1], matrix, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP) * contents[0]
    inside = cv2.erode(overlap, np.ones((3, 3)), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    if inside.sum() < _LEAST_OVERLAP * min(content.sum() for content in contents):
        return None
    within = inside > 0
    local, contrast = _local_correlation(a, moved, inside, window_px, floor=1e-5)
    values, weights = local[within], contrast[within]
    weights = np.minimum(weights, weights.mean()) + 1e-9
    (median,) = _weighted_quantiles(values, weights, (0.5,))
    if median < least_local:
        return None
    fine, _ = _local_correlation(_detail(a, fine_px), _detail(moved, fine_px), inside, window_px, floor=1e-6)
    middle, best = _weighted_quantiles(fine[within], weights, (0.5, 0.75))
    return Agreement(
        matrix=matrix,
        local=median,
        detail=middle,
        best_detail=best,
        unlike=float(weights[values < _UNLIKE].sum() / weights.sum()),
    )


def _same_greys(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both as float32 in 0..1 with the grey levels of one of them, half equalised."""
    counts = _counts(one), _counts(other)
    pairs = [(one, _matched(other, counts[1], counts[0])), (_matched(one, *counts), other)]
    a, b = min(pairs, key=lambda pair: _roughness(pair[0]) + _roughness(pair[1]))
    both = _counts(a) + _counts(b)
    ranks = (np.cumsum(both) - both / 2) / both.sum()
    used = np.flatnonzero(both)
    levels = (np.arange(256) - used[0]) / max(used[-1] - used[0], 1)
    scale = ((1 - _LINEAR) * ranks + _LINEAR * levels).astype(np.float32)
    return cv2.LUT(a, scale), cv2.LUT(b, scale)


def _counts(image: np.ndarray) -> np.ndarray:
    return np.bincount(image.ravel(), minlength=256)


def _matched(image: np.ndarray, own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Replace each grey level, counted in `own`, with the level of the same rank in `wanted`."""
    ranks = np.cumsum(own) - own / 2
    levels = np.minimum(np.searchsorted(np.cumsum(wanted), ranks), 255).astype(np.uint8)
    return cv2.LUT(image, levels)


def _roughness(image: np.ndarray) -> float:
    _, spread = cv2.meanStdDev(image)
    return float(cv2.norm(image[:, 1:], image[:, :-1], cv2.NORM_L1) / image.size / (spread.item() + 1e-6))


def _local_correlation(
    a: np.ndarray, b: np.ndarray, inside: np.ndarray, window_px: int, *, floor: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return Pearson's correlation in the window around each pixel, and the contrast there."""

    def mean(image: np.ndarray) -> np.ndarray:
        return cv2.blur(image * inside, (window_px, window_px)) / inside_fraction

    inside_fraction = np.maximum(cv2.blur(inside, (window_px, window_px)), 1e-6)
    mean_a, mean_b = mean(a), mean(b)
    var_a = np.maximum(mean(a * a) - mean_a**2, 0)
    var_b = np.maximum(mean(b * b) - mean_b**2, 0)
    contrast = np.sqrt(var_a * var_b)
    return (mean(a * b) - mean_a * mean_b) / np.sqrt((var_a + floor) * (var_b + floor)), contrast


def _detail(image: np.ndarray, fine_px: float) -> np.ndarray:
    return image - cv2.GaussianBlur(image, (0, 0), fine_px)


def _weighted_quantiles(values: np.ndarray, weights: np.ndarray, quantiles: tuple[float, ...]) -> list[float]:
    """Quantiles of correlations, to a thousandth."""
    bins = np.rint(np.clip(values, -1, 1) * 1000).astype(np.int64) + 1000
    below = np.cumsum(np.bincount(bins, weights=weights, minlength=2001))
    return [float(np.searchsorted(below, inside_fraction * below[-1]) - 1000) / 1000 for inside_fraction in quantiles]
