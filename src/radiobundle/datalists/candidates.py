"""Pairs of views that may show the same image: by descriptors, in blocks, in eight orientations and both polarities.

A descriptor is the vector of a thumbnail's low cosine waves, whitened over the given images and their eight lays, so
that features common to all chest radiographs count little; cosines of descriptors are then near 0 for different
images and near 1 for copies. A copy laid otherwise has the same descriptor with some signs and axes changed, an
inverted one its negative: one product of matrices compares four lays and both polarities.

Two steps, because a crop of 3 % spoils the fine waves: pairs above `COARSE_COSINE` in the coarse ones are compared in
all waves, with one of the two also zoomed and turned a little, and must reach `FINE_COSINE`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from radiobundle.datalists.looks import COARSE_FREQUENCIES
from radiobundle.datalists.symmetries import LAYS, laid_waves, parities

COARSE_COSINE = 0.57
FINE_COSINE = 0.72
MOST_PER_VIEW = 20  # bounds work and memory where very many images are alike
_SHRINKAGE = 0.1
_FITTED_ON = 20_000  # views are enough to whiten by
_ROWS, _COLUMNS = 128, 1024
_CHUNK = 1 << 15


class Candidates(NamedTuple):
    """Pairs of views that may show the same image.

    Args:
        pairs: int array (pairs, 2), the first below the second.
        lays: int array (pairs,): how the first must be laid to lie like the second.
        inverted: bool array (pairs,).
        warps: int array (pairs,): index into `WARPS` of what was done to the second.
        capped: views with more than `MOST_PER_VIEW` candidates, of which the most similar were kept.
    """

    pairs: np.ndarray
    lays: np.ndarray
    inverted: np.ndarray
    warps: np.ndarray
    capped: int


def find_candidates(waves: np.ndarray, images: np.ndarray) -> Candidates:
    """Compare all views with all others.

    Args:
        waves: float16 (views, warps, frequencies, frequencies), see `looks.View`.
        images: int array (views,): the image of each view; views of one image are not compared.
    """
    low = waves[:, 0, :COARSE_FREQUENCIES, :COARSE_FREQUENCIES]
    coarse = _normalised(_flat(low) @ _whitener(low))
    fine = _fine_descriptors(waves)

    def confirmed(block: np.ndarray) -> np.ndarray:
        block = block[images[block[:, 0]] != images[block[:, 1]]]
        chunks = (block[start : start + _CHUNK] for start in range(0, len(block), _CHUNK))
        return np.concatenate([np.empty((0, 6)), *(_confirmed(fine, rows) for rows in chunks)])

    found = list(coarse_pairs(coarse, confirmed))
    table = np.concatenate(found) if found else np.empty((0, 6))
    table = table[np.argsort(-table[:, 5], kind="stable")]
    _, firsts = np.unique(table[:, :2], axis=0, return_index=True)  # the best lay of each pair
    table = table[np.sort(firsts)]
    table = table[np.argsort(table[:, 0], kind="stable")]
    _, starts, counts = np.unique(table[:, 0], return_index=True, return_counts=True)
    rank = np.arange(len(table)) - np.repeat(starts, counts)
    capped = int((counts > MOST_PER_VIEW).sum())
    table = table[rank < MOST_PER_VIEW].astype(np.int64)
    return Candidates(table[:, :2], table[:, 2], table[:, 3].astype(bool), table[:, 4], capped)


def _fine_descriptors(waves: np.ndarray) -> np.ndarray:
    """Return the normalised descriptors of all views and warps, float16 like `waves`."""
    whitener = _whitener(waves[:, 0])
    fine = np.empty_like(waves)
    for start in range(0, len(waves), _CHUNK):
        part = waves[start : start + _CHUNK]
        vectors = _normalised(part.reshape(*part.shape[:2], -1).astype(np.float32) @ whitener)
        fine[start : start + _CHUNK] = vectors.reshape(part.shape)
    return fine


def _flat(waves: np.ndarray) -> np.ndarray:
    return waves.reshape(len(waves), -1).astype(np.float32)


def _normalised(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)).astype(np.float32)


def _whitener(waves: np.ndarray) -> np.ndarray:
    """Return the matrix that makes the waves of the images and of their eight lays uncorrelated and alike in size.

    Averaging over the lays makes it commute with them, and with inversion: laying before or after is the same.
    """
    sample = waves[:: max(1, len(waves) // _FITTED_ON)].astype(np.float32)
    vectors = [_flat(laid_waves(sample, lay)) for lay in LAYS]
    moments = sum(matrix.T @ matrix for matrix in vectors) / (8 * max(1, len(sample)))
    same = parities(waves.shape[-1])
    moments = np.where(same[:, None] == same[None, :], moments, 0)  # what the average makes zero, exactly
    values, axes = np.linalg.eigh(moments)
    scales = (np.maximum(values, 0) + _SHRINKAGE * max(values.mean(), 1e-6)) ** -0.5
    return ((axes * scales) @ axes.T).astype(np.float32)


def coarse_pairs(descriptors: np.ndarray, use: Callable[[np.ndarray], np.ndarray]) -> Iterator[np.ndarray]:
    """Yield what `use` makes of int arrays (pairs, 3): first, second, lay of the first.

    They are those pairs whose cosine or its negative passes `COARSE_COSINE`.
    """
    n = COARSE_FREQUENCIES
    kinds = parities(n)
    swapped = descriptors.reshape(-1, n, n).swapaxes(1, 2).reshape(len(descriptors), -1)
    columns, turned = (
        [np.ascontiguousarray(vectors[:, kinds == kind]) for kind in range(4)] for vectors in (descriptors, swapped)
    )

    def rows_against_all(top: int) -> np.ndarray:
        bottom = min(top + _ROWS, len(descriptors))
        found = []
        for left in range(top - top % _COLUMNS, len(descriptors), _COLUMNS):
            right = [column[left : left + _COLUMNS].T for column in columns]
            for transposed, rows in ((0, columns), (4, turned)):
                hits = _tile_hits([part[top:bottom] @ other for part, other in zip(rows, right, strict=True)])
                hits[:, 0] += top
                hits[:, 1] += left
                hits[:, 2] += transposed
                found.append(hits[hits[:, 1] > hits[:, 0]])
        return use(np.concatenate(found))

    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(rows_against_all, range(0, len(descriptors), _ROWS))


def _tile_hits(products: list[np.ndarray]) -> np.ndarray:
    """Return int array (hits, 3), row, column, lay, from the products over the waves of each parity (see `parities`).

    A flip changes the sign of two of the four products, so the cosines of the four lays are sums of them with signs.
    """
    ee, eo, oe, oo = products
    b, d = ee - eo, oe - oo
    a, c = np.add(ee, eo, out=ee), np.add(oe, oo, out=oe)
    either = np.abs(a)  # the greater of |x + y| and |x - y| is |x| + |y|
    either += np.abs(c, out=eo)
    other = np.abs(b, out=oo)
    other += np.abs(d)
    np.maximum(either, other, out=either)
    at = np.flatnonzero(either.ravel() > COARSE_COSINE)
    row, column = np.divmod(at, ee.shape[1])
    a, b, c, d = (part.ravel()[at] for part in (a, b, c, d))
    hits = [
        np.column_stack([row[good], column[good], np.full(int(good.sum()), lay)])
        for lay, cosine in enumerate((a + c, b + d, a - c, b - d))
        if (good := np.abs(cosine) > COARSE_COSINE).any()
    ]
    return np.concatenate(hits) if hits else np.empty((0, 3), dtype=np.int64)


def _confirmed(fine: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return (pairs, 6): first, second, lay, inverted, warp, cosine of those that reach `FINE_COSINE`."""
    first, second, lay = rows.T
    one = np.empty((len(rows), fine.shape[-1] ** 2), dtype=np.float32)
    for way in np.unique(lay):  # laying a descriptor is laying the image: the whitener commutes with it
        one[lay == way] = _flat(laid_waves(fine[first[lay == way], 0].astype(np.float32), int(way)))
    others = fine[second].reshape(len(rows), fine.shape[1], -1).astype(np.float32)
    cosines = np.einsum("pf,pwf->pw", one, others)
    warp = np.abs(cosines).argmax(axis=1)
    best = cosines[np.arange(len(rows)), warp]
    good = np.abs(best) >= FINE_COSINE
    return np.column_stack([rows, best < 0, warp, np.abs(best)])[good]
