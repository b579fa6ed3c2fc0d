"""Counts at every threshold of a grid: for ROC and PR curves with bands, trade-off figures and the slider."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from radiobundle.evaluation.intervals.bootstrap import ResamplingPlan, percentile_interval, resample
from radiobundle.labels import IGNORED

_LEVELS = 600
SLIDER_STEPS = 1000


@dataclass(frozen=True)
class Curve:
    """A curve with a pointwise 95 % band.

    Attributes:
        x: (G,) grid.
        y: (G,) the curve.
        low: (G,) lower edge of the band, NaN without resamples.
        high: (G,) upper edge.
    """

    x: np.ndarray
    y: np.ndarray
    low: np.ndarray
    high: np.ndarray


def roc_and_pr(
    truth: np.ndarray, scores: np.ndarray, plan: ResamplingPlan, *, resamples: int = 200, seed: int = 0
) -> tuple[Curve, Curve]:
    """Return the ROC curve (sensitivity by 1 - specificity) and the precision-recall curve of one class.

    Scores are binned into at most 600 levels of equal size, enough for a figure, so that ten million images need no
    more memory than their bins.

    Args:
        truth: (N,) of 1, 0, -1.
        scores: (N,).
        plan: how the N images are resampled.
    """
    known = np.flatnonzero(truth != IGNORED)
    # a label whose truth is never known has no scores to divide, and empty curves
    levels = np.unique(np.quantile(scores[known] if len(known) else [0.0], np.linspace(0, 1, _LEVELS), method="lower"))
    bins = len(levels) - np.searchsorted(levels, scores[known], side="right")  # 0 = the highest scores
    offset = np.where(truth[known] == 1, 0, len(levels) + 1)
    ones = np.ones(len(known), dtype=np.float32)
    counter = sparse.csr_matrix((ones, (bins + offset, known)), shape=(2 * len(levels) + 2, len(truth)))
    grid = np.linspace(0, 1, 101)

    def curves(weights: np.ndarray) -> dict[str, np.ndarray]:
        counts = (counter @ weights).astype(np.float64).T
        tp, fp = (np.cumsum(part, axis=1) for part in np.split(counts, 2, axis=1))
        tp, fp = (np.concatenate([np.zeros((len(part), 1)), part], axis=1) for part in (tp, fp))
        with np.errstate(invalid="ignore", divide="ignore"):
            recall, fall_out, precision = tp / tp[:, -1:], fp / fp[:, -1:], tp / (tp + fp)
        first = np.isfinite(precision).argmax(axis=1)[:, None]  # a resample may lack the images of the highest scores
        before = np.arange(precision.shape[1]) < first
        precision = np.where(before, np.take_along_axis(precision, first, axis=1), precision)
        roc = np.stack([np.interp(grid, x, y) for x, y in zip(fall_out, recall, strict=True)])
        pr = np.stack([_precision_at(grid, x, y) for x, y in zip(recall, precision, strict=True)])
        return {"roc": roc, "pr": pr}

    whole = curves(np.ones((len(truth), 1), dtype=np.float32))
    drawn = resample(curves, plan, resamples=resamples, seed=seed) if resamples else {}
    found = []
    for name in ("roc", "pr"):
        low, high = percentile_interval(drawn.get(name, np.full((1, len(grid)), np.nan)))
        found.append(Curve(grid, whole[name][0], low, high))
    return found[0], found[1]


def counts_by_threshold(
    truth: np.ndarray, scores: np.ndarray, *, steps: int = SLIDER_STEPS
) -> tuple[np.ndarray, np.ndarray]:
    """Return true and false positives, each (steps + 1,), for p >= 0, 1/steps, 2/steps ... 1.

    >>> [counts.tolist() for counts in counts_by_threshold(np.array([1, 0]), np.array([0.9, 0.4]), steps=2)]
    [[1, 1, 0], [1, 0, 0]]
    """
    thresholds = np.arange(steps + 1) / steps
    bins = np.searchsorted(thresholds, scores, side="right") - 1  # the highest threshold still reached
    tp = np.bincount(bins[truth == 1], minlength=steps + 1)
    fp = np.bincount(bins[truth == 0], minlength=steps + 1)
    return tp[::-1].cumsum()[::-1], fp[::-1].cumsum()[::-1]


def _precision_at(grid: np.ndarray, recall: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Return the precision where the recall first reaches each grid value (a step, never a line between points)."""
    if not np.isfinite(recall).all():
        return np.full(len(grid), np.nan)
    at = np.searchsorted(recall, grid - 1e-9, side="left")
    return precision[np.minimum(at, len(precision) - 1)]
