"""The training images that are nearest to each image, by the cosine distance of features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from radiobundle.viewing.encoding import packed_array
from radiobundle.viewing.features import is_known

NEIGHBOURS = 5
_AT_ONCE = 1024  # rows


@dataclass(frozen=True)
class Neighbours:
    """For each of N images the K nearest training images, the nearest first.

    Args:
        index: (N, K) int32; -1 where there is none.
        distance: (N, K) float32, cosine distance: 0 (same direction) to 2; NaN where there is none.
    """

    index: np.ndarray
    distance: np.ndarray

    def compacted(self) -> tuple[Neighbours, np.ndarray]:
        """Return the same with indices into those training images that occur, and these (R,), ascending."""
        used = np.unique(self.index[self.index >= 0])
        index = np.where(self.index < 0, -1, np.searchsorted(used, self.index)).astype(np.int32)
        return Neighbours(index, self.distance), used

    def script(self) -> dict[str, Any]:
        """Return them as the page takes them."""
        return {
            "k": self.index.shape[1],
            "reference": packed_array(self.index, "int32"),
            "distance": packed_array(self.distance, "float32"),
        }


def find_nearest(
    features: np.ndarray, training: np.ndarray, *, names: Sequence[str], training_names: Sequence[str]
) -> Neighbours:
    """Return the nearest training images of each image, which is never its own neighbour.

    Args:
        features: (N, D); NaN where one is missing.
        training: (M, D), of the training images.
        names: N.
        training_names: M.

    >>> one = np.array([[1.0, 0.0]])
    >>> found = find_nearest(one, np.array([[0.0, 1.0], [2.0, 0.0]]), names=["a"], training_names=["b", "c"])
    >>> found.index.tolist(), found.distance.tolist()
    ([[1, 0]], [[0.0, 1.0]])
    """
    count = min(NEIGHBOURS, len(training))
    index = np.full((len(features), count), -1, np.int32)
    distance = np.full((len(features), count), np.nan, np.float32)
    position = {name: at for at, name in enumerate(training_names)}
    own = np.array([position.get(name, -1) for name in names], dtype=np.int64)
    scaled, others = _unit(features), _unit(training)
    for start in range(0, len(features) if count else 0, _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, len(features)))
        away = 1 - scaled[rows] @ others.T
        away[np.isnan(away)] = np.inf
        themselves = own[rows] >= 0
        away[np.flatnonzero(themselves), own[rows][themselves]] = np.inf
        near = np.argpartition(away, count - 1, axis=1)[:, :count]
        near = np.take_along_axis(near, np.take_along_axis(away, near, axis=1).argsort(axis=1, kind="stable"), axis=1)
        found = np.take_along_axis(away, near, axis=1)
        index[rows] = np.where(np.isfinite(found), near, -1)
        distance[rows] = np.where(np.isfinite(found), found.clip(0, 2), np.nan)
    return Neighbours(index, distance)


def _unit(features: np.ndarray) -> np.ndarray:
    """Return features of length 1 (float32), NaN where one is missing or has no direction."""
    values = np.where(is_known(features)[:, None], features, np.nan).astype(np.float32)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(length > 0, length, np.nan)
