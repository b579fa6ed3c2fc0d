"""Would an index of neighbours find near-identical images sooner than comparing all pairs does?

Descriptors of made-up images, of which one in ten has a copy in another orientation or polarity, at cosines of 0.6 to
0.9. All pairs are compared as `radiobundle datalist` does it, in all orientations and polarities at once; against it
HNSW (Malkov and Yashunin 2018; `pip install hnswlib`), which must be asked sixteen times for each image. The copies
that each finds are counted.

    python scripts/benchmark_copy_index.py [--images 10000 30000 112120]
"""

from __future__ import annotations

import argparse
import importlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmark_common import describe_machine, publish
from radiobundle.datalists.candidates import COARSE_COSINE, coarse_pairs
from radiobundle.datalists.looks import COARSE_FREQUENCIES
from radiobundle.datalists.symmetries import LAYS, laid_waves

COSINES = (0.6, 0.7, 0.8, 0.9)
CHUNK = 4096
NEIGHBOURS, LINKS, BUILD_EFFORT, SEARCH_EFFORT = 10, 16, 100, 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[10_000, 30_000, 112_120])
    parser.add_argument("--output", type=Path, help="also write the result here, as JSON")
    arguments = parser.parse_args()
    rows = [row for count in arguments.images for row in compare(count)]
    publish("Index of copies", {"machine": describe_machine()}, rows, arguments.output)


def compare(count: int) -> list[dict[str, Any]]:
    waves, copies, cosines = made_up(count)
    rows = []
    for name, search in {"all pairs": all_pairs, "HNSW": by_index}.items():
        seconds, found = timed(search, waves)
        row: dict[str, Any] = {"images": count, "search": name, "seconds": round(seconds, 1)}
        for cosine in COSINES:
            planted = copies[cosines == cosine]
            row[f"found at {cosine}"] = f"{np.isin(planted @ [count, 1], found @ [count, 1]).mean():.3f}"
        rows.append(row)
    return rows


def made_up(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return unit waves (count, n, n) float32, the planted pairs (copies, 2), and the cosine of each pair."""
    rng = np.random.default_rng(0)
    waves = unit(rng.standard_normal((count, COARSE_FREQUENCIES, COARSE_FREQUENCIES)).astype(np.float32))
    pairs = np.arange(count // 10 * 2).reshape(-1, 2)
    cosines = rng.choice(COSINES, len(pairs))
    for (first, second), cosine in zip(pairs, cosines, strict=True):
        one, other = waves[first], waves[second]
        beside = unit(other - (other * one).sum() * one)
        copy = cosine * one + np.sqrt(1 - cosine**2) * beside
        waves[second] = laid_waves(copy, int(rng.integers(len(LAYS)))) * rng.choice([-1, 1])
    return waves, pairs, cosines


def unit(waves: np.ndarray) -> np.ndarray:
    lengths: np.ndarray = np.sqrt((waves**2).sum((-2, -1), keepdims=True))
    return waves / lengths


def timed(search: Callable[[np.ndarray], np.ndarray], waves: np.ndarray) -> tuple[float, np.ndarray]:
    begin = time.perf_counter()
    found = search(waves)
    return time.perf_counter() - begin, found


def all_pairs(waves: np.ndarray) -> np.ndarray:
    return np.concatenate([rows[:, :2] for rows in coarse_pairs(waves.reshape(len(waves), -1), lambda block: block)])


def by_index(waves: np.ndarray) -> np.ndarray:
    threads = os.cpu_count() or 1
    index = importlib.import_module("hnswlib").Index("ip", COARSE_FREQUENCIES**2)
    index.init_index(len(waves), M=LINKS, ef_construction=BUILD_EFFORT)
    index.set_ef(SEARCH_EFFORT)
    index.add_items(waves.reshape(len(waves), -1), num_threads=threads)
    found = [
        neighbours(index, start, sign * laid_waves(waves[start : start + CHUNK], lay), threads)
        for start in range(0, len(waves), CHUNK)
        for lay in LAYS
        for sign in (1, -1)
    ]
    return np.concatenate(found)


def neighbours(index: Any, start: int, asked: np.ndarray, threads: int) -> np.ndarray:
    """Return the pairs (pairs, 2), the first below the second, whose cosine suffices."""
    others, distances = index.knn_query(asked.reshape(len(asked), -1), k=NEIGHBOURS, num_threads=threads)
    own = np.repeat(np.arange(start, start + len(asked))[:, None], NEIGHBOURS, axis=1)
    near = (1 - distances > COARSE_COSINE) & (own != others)
    return np.sort(np.column_stack([own[near], others[near].astype(np.int64)]), axis=1)


if __name__ == "__main__":
    main()
