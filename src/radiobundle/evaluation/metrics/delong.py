"""The AUROC's variance after DeLong, for one model or several on the same images, with or without patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm, rankdata


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
            centre = logit(self.auroc)
            spread = np.sqrt(np.diag(self.covariance)) / (self.auroc * (1 - self.auroc))
            step = norm.ppf(0.5 + level / 2) * spread
            low, high = expit(centre - step), expit(centre + step)
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

    >>> found = delong(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.6, 0.1]))
    >>> float(found.auroc[0]), [round(float(edge[0]), 3) for edge in found.interval()]
    (0.75, [0.069, 0.992])
    """
    positive = np.asarray(positive, dtype=bool)
    scores = np.asarray(scores, dtype=np.float64).reshape(len(positive), -1)
    m, n = int(positive.sum()), int((~positive).sum())
    if m == 0 or n == 0:
        raise ValueError("DeLong needs at least one positive and one negative image")
    all_ranks = rankdata(scores, axis=0)
    beaten = (all_ranks[positive] - rankdata(scores[positive], axis=0)) / n  # (m, K): fraction of negatives below
    beating = (
        1 - (all_ranks[~positive] - rankdata(scores[~positive], axis=0)) / m
    )  # (n, K): fraction of positives above
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
