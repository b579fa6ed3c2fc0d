"""AUROC and average precision of one class, for many weightings of the images at once.

The scores are sorted once. A weighting (one bootstrap resample, say) is then only sums over bins between
neighbouring positive scores, so that 1,000 resamples cost 1,000 sparse products rather than 1,000 sorts.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse


class RankedScores:
    """The order of one class's scores, ready to be weighted.

    Args:
        positive: (M,) bool, truth of M (image, class) entries.
        scores: (M,) float; higher means more positive. Ties count half in the AUROC.
        rows: (M,) int, which row of the weights each entry takes; default: its own position.
        weight_rows: number of rows of the weights; default M.
    """

    def __init__(
        self,
        positive: np.ndarray,
        scores: np.ndarray,
        *,
        rows: np.ndarray | None = None,
        weight_rows: int | None = None,
    ) -> None:
        positive = np.asarray(positive, dtype=bool)
        rows = np.arange(len(positive)) if rows is None else rows
        levels, level_of_positive = np.unique(-scores[positive], return_inverse=True)  # highest score first
        negative_scores = -scores[~positive]
        slot = np.searchsorted(levels, negative_scores, side="left")
        self.level_count = len(levels)
        tied = slot < self.level_count
        tied[tied] = levels[slot[tied]] == negative_scores[tied]
        # Bins: positives per level, negatives above each level (and below the last), negatives tied with a
        # level.
        bins = np.empty(len(positive), dtype=np.int64)
        bins[positive] = level_of_positive
        bins[~positive] = self.level_count + slot + np.where(tied, self.level_count + 1, 0)
        shape = (3 * self.level_count + 1, len(positive) if weight_rows is None else weight_rows)
        ones = np.ones(len(positive), dtype=np.float32)
        self._bins = sparse.csr_matrix((ones, (bins, rows)), shape=shape)

    def score(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return AUROC and average precision, each (B,), under `weights` (rows, B) of non-negative counts.

        Average precision is the sum of recall steps times precision, without interpolation, as in
        scikit-learn. NaN where a weighting holds no positive or no negative.
        """
        sums = (self._bins.astype(weights.dtype, copy=False) @ weights).astype(np.float64, copy=False)
        count = self.level_count
        positives, above, tied = sums[:count], sums[count : 2 * count + 1], sums[2 * count + 1 :]
        positive_total = positives.sum(axis=0)
        negative_total = above.sum(axis=0) + tied.sum(axis=0)
        not_below = np.cumsum(above[:-1] + tied, axis=0)  # negatives with at least this level's score
        with np.errstate(invalid="ignore", divide="ignore"):
            beaten = negative_total - not_below + 0.5 * tied
            auroc = (positives * beaten).sum(axis=0) / (positive_total * negative_total)
            found = np.cumsum(positives, axis=0)
            flagged = found + not_below
            precision = np.divide(found, flagged, out=np.zeros_like(found), where=flagged > 0)
            average_precision = (positives * precision).sum(axis=0) / positive_total
        undefined = (positive_total == 0) | (negative_total == 0)
        auroc[undefined] = np.nan
        average_precision[undefined] = np.nan
        return auroc, average_precision
