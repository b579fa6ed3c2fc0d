"""Find copies of images: byte for byte, or after a change that keeps what they show.

It finds copies that were re-encoded, resized, slightly cropped, padded or rotated, flipped, turned by
quarters, inverted, exposed differently, equalised, or marked. `candidates.py` proposes pairs, `verify.py` aligns
them, and this module decides: two radiographs of one patient agree at a coarse scale, only copies agree in detail. The
limits were chosen on real sets; `datalists/README.md` has the measurement.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pandas as pd

from radiobundle.datalists.alignment import Agreement
from radiobundle.datalists.candidates import Candidates, find_candidates
from radiobundle.datalists.changes import describe_change, place, shear
from radiobundle.datalists.looks import View
from radiobundle.datalists.opencv_threads import one_opencv_thread
from radiobundle.datalists.verify import glance, look_closely
from radiobundle.sources.linked_rows import linked_groups


class Least(NamedTuple):
    """The least agreement that is accepted, see `Agreement`."""

    local: float
    detail: float
    best_detail: float

    def reached_by(self, agreement: Agreement) -> bool:
        """Whether all three limits are reached."""
        return all(getattr(agreement, name) >= least for name, least in self._asdict().items())


LIKELY = Least(local=0.90, detail=0.65, best_detail=0.85)  # of thumbnails
SAME = Least(local=0.93, detail=0.60, best_detail=0.85)  # of the images, at `CLOSE_PX`
_PAIRS_PER_TASK = 64  # a task per pair would keep the threads waiting for each other
MOST_SHEAR = 0.018  # 99 of 100 copies have less, however changed, but after local equalisation


class LookAlike(NamedTuple):
    """Two images that show the same, by their index, and the change from the first to the second."""

    first: int
    second: int
    change: str


def look_alikes(
    views: Sequence[Sequence[View]], read_pixels: Callable[[int], np.ndarray]
) -> tuple[list[LookAlike], int]:
    """Return the pairs of copies, and how many images had more candidates than were compared.

    Args:
        views: of each image (none: it is constant and is compared with nothing).
        read_pixels: gives uint8 or uint16 (height, width) of an image by its position; asked for likely pairs only.
    """
    images = np.array([image for image, found in enumerate(views) for _ in found], dtype=np.int64)
    flat = [view for found in views for view in found]
    if len(flat) < 2:
        return [], 0
    found = find_candidates(np.stack([view.waves for view in flat]), images)
    return confirmed(found, flat, images, read_pixels), found.capped


def confirmed(
    found: Candidates, views: Sequence[View], images: np.ndarray, read_pixels: Callable[[int], np.ndarray]
) -> list[LookAlike]:
    """Return the candidates that are copies of each other.

    Args:
        found: pairs of views.
        views: all views.
        images: int array (views,): the image of each view. read_pixels: see `look_alikes`.
    """

    def judge(row: int) -> LookAlike | None:
        first, second = found.pairs[row]
        lay, inverted = int(found.lays[row]), bool(found.inverted[row])
        pair = (views[first], views[second])
        seen = glance(*pair, lay=lay, inverted=inverted, warp=int(found.warps[row]), least_local=LIKELY.local)
        if seen is None or not LIKELY.reached_by(seen):
            return None
        one, other = read_pixels(int(images[first])), read_pixels(int(images[second]))
        agreement = look_closely(one, other, pair, seen, lay=lay, inverted=inverted)
        if agreement is None or not SAME.reached_by(agreement):
            return None
        sizes_px = (one.shape[::-1], other.shape[::-1])
        placement = place((pair[0].box, pair[1].box), agreement.matrix, lay=lay, sizes_px=sizes_px)
        if shear(placement) > MOST_SHEAR:
            return None
        change = describe_change(placement, agreement.unlike, lay=lay, inverted=inverted)
        return LookAlike(int(images[first]), int(images[second]), change)

    def judge_rows(start: int) -> list[LookAlike]:
        rows = range(start, min(start + _PAIRS_PER_TASK, len(found.pairs)))
        return [pair for row in rows if (pair := judge(row)) is not None]

    with one_opencv_thread(), ThreadPoolExecutor(os.cpu_count()) as pool:
        starts = range(0, len(found.pairs), _PAIRS_PER_TASK)
        judged = [pair for pairs in pool.map(judge_rows, starts) for pair in pairs]
    simplest: dict[tuple[int, int], LookAlike] = {}  # an image may have two views: the change that needs fewest words
    for pair in judged:
        other = simplest.setdefault(pair[:2], pair)
        if len(pair.change) < len(other.change):
            simplest[pair[:2]] = pair
    return [simplest[key] for key in sorted(simplest)]


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
    groups = rows.groupby(linked_groups(len(rows), links)).unique()
    return [sorted(map(int, group)) for group in groups]
