"""AUROC and average precision of one class, for many weightings of the images at once; DeLong's variance.

The scores are sorted once. A weighting (one bootstrap resample, say) is then only sums over bins between
neighbouring positive scores, so that 1,000 resamples cost 1,000 sparse products rather than 1,000 sorts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.stats import norm, rankdata


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
        self._bins64: sparse.csr_matrix | None = None

    def score(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return AUROC and average precision, each (B,), under `weights` (rows, B) of non-negative counts.

        Average precision is the sum of recall steps times precision, without interpolation, as in
        scikit-learn. NaN where a weighting holds no positive or no negative.
        """
        sums = (self._matrix(weights.dtype) @ weights).astype(np.float64, copy=False)
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

    def _matrix(self, dtype: np.dtype) -> sparse.csr_matrix:
        if dtype == np.float32:
            return self._bins
        if self._bins64 is None:
            self._bins64 = self._bins.astype(np.float64)
        return self._bins64


@dataclass(frozen=True)
class DeLong:
    """AUROCs of K models on the same images with their covariance.

    Attributes:
        auroc: (K,).
        covariance: (K, K).
    """

    auroc: np.ndarray
    covariance: np.ndarray

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Return low and high, each (K,), on the logit scale so that they stay within 0 and 1.

        NaN where the AUROC is exactly 0 or 1, whose estimated variance is 0 without being certain.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            logit = np.log(self.auroc / (1 - self.auroc))
            spread = np.sqrt(np.diag(self.covariance)) / (self.auroc * (1 - self.auroc))
            step = norm.ppf(0.5 + level / 2) * spread
            low, high = 1 / (1 + np.exp(step - logit)), 1 / (1 + np.exp(-step - logit))
        certain = (self.auroc <= 0) | (self.auroc >= 1)
        return np.where(certain, np.nan, low), np.where(certain, np.nan, high)


def delong(positive: np.ndarray, scores: np.ndarray, *, clusters: np.ndarray | None = None) -> DeLong:
    """Return AUROCs and their covariance after DeLong, in O(M log M) by mid-ranks.

    Args:
        positive: (M,) bool with both values present.
        scores: (M,) or (M, K) for K models on the same images.
        clusters: (M,) int or str: images of one patient are not independent; with it, Obuchowski's extension
            to clustered data is used. With one image per patient it equals DeLong.

    Sources: DeLong et al., Biometrics 1988; Sun and Xu, IEEE Signal Processing Letters 2014 (mid-ranks);
    Obuchowski, Biometrics 1997 (clusters).

    Raises:
        ValueError: only one of positives and negatives is present.
    """
    positive = np.asarray(positive, dtype=bool)
    scores = np.asarray(scores, dtype=np.float64).reshape(len(positive), -1)
    m, n = int(positive.sum()), int((~positive).sum())
    if m == 0 or n == 0:
        raise ValueError("DeLong needs at least one positive and one negative image")
    all_ranks = rankdata(scores, axis=0)
    beaten = (all_ranks[positive] - rankdata(scores[positive], axis=0)) / n  # (m, K): share of negatives below
    beating = 1 - (all_ranks[~positive] - rankdata(scores[~positive], axis=0)) / m  # (n, K): share of positives above
    auroc = beaten.mean(axis=0)
    ids = np.arange(len(positive)) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    count = int(ids.max()) + 1
    positive_part = _cluster_sums(beaten - auroc, ids[positive], count)
    negative_part = _cluster_sums(beating - auroc, ids[~positive], count)
    covariance = _outer(positive_part, len(np.unique(ids[positive]))) / m**2
    covariance += _outer(negative_part, len(np.unique(ids[~positive]))) / n**2
    if clusters is not None:
        mixed = positive_part.T @ negative_part * (count / max(count - 1, 1)) / (m * n)
        covariance += mixed + mixed.T
    return DeLong(auroc=auroc, covariance=covariance)


def _cluster_sums(values: np.ndarray, ids: np.ndarray, count: int) -> np.ndarray:
    return np.stack([np.bincount(ids, column, minlength=count) for column in values.T], axis=1)


def _outer(sums: np.ndarray, clusters: int) -> np.ndarray:
    factor = clusters / (clusters - 1) if clusters > 1 else np.nan
    return factor * (sums.T @ sums)
