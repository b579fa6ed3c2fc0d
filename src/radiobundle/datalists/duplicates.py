"""Find images that are the same film: byte for byte, or after re-encoding, resizing and change of exposure.

Near-identical means: the 256-bit perceptual hashes (pHash of the ImageHash library, `hash_size=16`) differ in at most
`HASH_RADIUS_BITS` bits *and* the 32x32 thumbnails correlate by at least `MIN_CORRELATION`. The numbers were chosen on
three real sets; `datalists/README.md` has the measurement. Mirrored, cropped (above 1 %) or newly marked copies are
not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from radiobundle.sources.linked_rows import linked_groups

HASH_RADIUS_BITS = 32
MIN_CORRELATION = 0.975
_BLOCK_ROWS = 1024


def near_identical_pairs(
    hash_bits: np.ndarray,
    thumbnails: np.ndarray,
    *,
    radius_bits: int = HASH_RADIUS_BITS,
    min_correlation: float = MIN_CORRELATION,
) -> np.ndarray:
    """Return the pairs of rows whose images are near-identical.

    Distances come from matrix products of the hashes as +-1 vectors (distance = (bits - product) / 2), which are exact
    in float32; 112,120 images take about a minute on two cores.

    Args:
        hash_bits: bool array (images, bits).
        thumbnails: uint8 array (images, height, width).
        radius_bits: greatest number of differing bits.
        min_correlation: least Pearson correlation of the thumbnails.

    Returns:
        int array (pairs, 2), first index below second.
    """
    blocks = list(_pairs_within_radius(hash_bits, radius_bits))
    pairs = np.concatenate(blocks) if blocks else np.empty((0, 2), dtype=np.int64)
    first, second = (_standardised(thumbnails[pairs[:, side]]) for side in (0, 1))
    return pairs[(first * second).sum(axis=1) >= min_correlation]


def identical_groups(keys: Sequence[str]) -> list[list[int]]:
    """Return the groups of two or more rows with the same key, in order of first appearance."""
    groups = pd.Series(range(len(keys))).groupby(pd.factorize(pd.Series(keys, dtype=object))[0])
    return [list(map(int, rows)) for _, rows in groups if len(rows) > 1]


def pair_groups(pairs: np.ndarray) -> list[list[int]]:
    """Return the groups of rows that `pairs` (int array (pairs, 2)) connect, directly or through others."""
    if not len(pairs):
        return []
    # Every pair is a key of its own, so rows are repeated once per pair and joined by their row number.
    rows = pd.Series(pairs.ravel())
    links = [rows, pd.Series(np.repeat(np.arange(len(pairs)), 2))]
    component = pd.Series(linked_groups(len(rows), links))
    groups = rows.groupby(component).unique()
    return [sorted(map(int, group)) for group in groups]


def _pairs_within_radius(hash_bits: np.ndarray, radius_bits: int) -> Iterator[np.ndarray]:
    signs = np.where(hash_bits, np.float32(1), np.float32(-1))
    n_images, n_bits = signs.shape
    for start in range(0, n_images, _BLOCK_ROWS):
        product = signs[start : start + _BLOCK_ROWS] @ signs[start:].T
        row, column = np.nonzero(product >= n_bits - 2 * radius_bits)
        later = column > row
        if later.any():
            yield np.stack([row[later], column[later]], axis=1) + start


def _standardised(thumbnails: np.ndarray) -> np.ndarray:
    flat = thumbnails.reshape(len(thumbnails), int(np.prod(thumbnails.shape[1:]))).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
