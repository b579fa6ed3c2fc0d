"""Maps of images by their features: near each other where the network sees the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from radiobundle.viewing.encoding import packed_array
from radiobundle.viewing.features import is_known
from radiobundle.words import counted

FEWEST_IMAGES = 3
_NEIGHBOURS = 15  # of UMAP, its default


def embed_rows(features: np.ndarray, *, seed: int = 0) -> tuple[dict[str, Any], str]:
    """Return the maps of images as the page takes them, and a sentence on them; nothing for fewer than 3 images.

    Principal components always; UMAP (McInnes, Healy and Melville 2018) by cosine distance too, where umap-learn is
    installed.

    Args:
        features: (N, D); NaN where one is missing.
        seed: of UMAP.
    """
    known = is_known(features)
    values = features[known]
    if len(values) < FEWEST_IMAGES or not np.ptp(values, axis=0).any():
        return {}, ""
    pca = PCA(min(2, values.shape[1]), random_state=seed)
    points = pca.fit_transform(values.astype(np.float64))
    maps = {"pca": _packed(points, known)}
    explained = 100 * float(pca.explained_variance_ratio_.sum())
    note = (
        f"The two components of PCA explain {explained:.0f} % of the variance of {counted(values.shape[1], 'feature')}"
    )
    if (points := _umap(values, seed)) is not None:
        maps["umap"] = _packed(points, known)
    return maps, f"{note}."


def _umap(values: np.ndarray, seed: int) -> np.ndarray | None:
    try:
        from umap import UMAP  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        return None
    neighbours = min(_NEIGHBOURS, len(values) - 1)
    points: np.ndarray = UMAP(n_neighbors=neighbours, metric="cosine", random_state=seed, n_jobs=1).fit_transform(
        values
    )
    return points


def _packed(points: np.ndarray, known: np.ndarray) -> dict[str, Any]:
    spread = np.full((len(known), 2), np.nan, np.float32)
    spread[known] = 0
    spread[known, : points.shape[1]] = points
    return {axis: packed_array(spread[:, at], "float32") for at, axis in enumerate("xy")}
