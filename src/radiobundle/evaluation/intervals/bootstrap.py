"""Seeded bootstrap over patients (or images), with weights instead of copies.

A resample is a column of weights: how often each image was sampled. Weights come in blocks of bounded size, so that
memory does not grow with the number of resamples; each resample uses the same random numbers whatever the block size.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

RARE_UNITS = 20
_BLOCK_BYTES = 48 * 2**20
KeyT = TypeVar("KeyT", bound=Hashable)


@dataclass(frozen=True)
class ResamplingPlan:
    """What is sampled with replacement.

    Attributes:
        unit: "patient" or "image".
        unit_of_image: (N,) int, the unit of each image; None if each image is its own unit.
        strata: arrays of unit numbers; each is resampled within itself, to its own size.
        image_count: N.
    """

    unit: str
    unit_of_image: np.ndarray | None
    strata: tuple[np.ndarray, ...]
    image_count: int

    @property
    def unit_count(self) -> int:
        """Number of patients or images."""
        return sum(len(stratum) for stratum in self.strata)

    def describe(self, method: str, *, resamples: int, seed: int, level: float = 0.95) -> dict[str, Any]:
        """Return a description of the resampling for metrics.json and compare.json."""
        return {
            "method": method,
            "level": level,
            "resamples": resamples,
            "seed": seed,
            "unit": self.unit,
            "units": self.unit_count,
        }

    def sample(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return the weights of `count` resamples, (N, count) float32."""
        drawn = np.zeros((count, self.unit_count), dtype=np.float32)
        for row in drawn:
            for stratum in self.strata:
                size = len(stratum)
                row[stratum] = np.bincount(rng.integers(0, size, size), minlength=size)
        weights = np.ascontiguousarray(drawn.T)
        return weights if self.unit_of_image is None else weights[self.unit_of_image]


def plan_resampling(truth: np.ndarray, *, patient_ids: np.ndarray | None = None) -> ResamplingPlan:
    """Return how to resample images whose truth is (N, C).

    Units are patients if ids exist: images of one patient resemble each other, and sampling them one by one
    would give intervals that are too narrow. A class with fewer than `RARE_UNITS` positive (or negative)
    units forms its own stratum, rarest first, so that no resample loses it. Larger classes need no protection
    (the chance of losing 20 units is below 1e-8), and holding their counts fixed would make intervals of
    accuracy or precision too narrow, since the number of positives is itself a matter of chance.

    >>> plan = plan_resampling(np.array([[1], [0], [0], [0]]), patient_ids=np.array(["a", "a", "b", "c"]))
    >>> plan.unit, plan.unit_count
    ('patient', 3)
    """
    count = len(truth)
    units = np.arange(count)
    ids = None
    if patient_ids is not None:
        units = np.unique(np.asarray(patient_ids, dtype=object).astype(str), return_inverse=True)[1]
        ids = units if len(np.unique(units)) < count else None
        units = units if ids is not None else np.arange(count)
    members = []
    for column in np.asarray(truth).T:
        present = [np.unique(units[column == value]) for value in (1, 0)]
        members += [found for found in present if 0 < len(found) < RARE_UNITS]
    taken = np.zeros(int(units.max()) + 1 if count else 0, dtype=bool)
    strata = []
    for found in sorted(members, key=len):
        fresh = found[~taken[found]]
        if len(fresh):
            strata.append(fresh)
            taken[fresh] = True
    rest = np.flatnonzero(~taken)
    strata += [rest] if len(rest) else []
    unit = "image" if patient_ids is None else "patient"
    return ResamplingPlan(unit=unit, unit_of_image=ids, strata=tuple(strata), image_count=count)


def resample(
    score: Callable[[np.ndarray], dict[KeyT, np.ndarray]], plan: ResamplingPlan, *, resamples: int, seed: int
) -> dict[KeyT, np.ndarray]:
    """Return what `score(weights)` gives for each resample; every value has the resamples as its first axis.

    The resamples depend on `seed` and `plan` alone, so two models scored with the same plan see the same resamples.
    """
    rng = np.random.default_rng(seed)
    block = int(max(1, min(256, _BLOCK_BYTES // (4 * max(plan.image_count, 1)))))
    parts: dict[KeyT, list[np.ndarray]] = {}
    for start in range(0, resamples, block):
        for key, value in score(plan.sample(rng, min(block, resamples - start))).items():
            parts.setdefault(key, []).append(value)
    return {key: np.concatenate(values) for key, values in parts.items()}


def percentile_interval(replicates: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return low and high over the first axis, skipping resamples in which the value is undefined (NaN).

    >>> [float(edge) for edge in percentile_interval(np.array([0.0, 0.5, 1.0, np.nan]), level=0.5)]
    [0.25, 0.75]
    """
    replicates = np.asarray(replicates, dtype=np.float64)
    tail = (1 - level) / 2
    empty = np.isnan(replicates).all(axis=0) if len(replicates) else np.ones(replicates.shape[1:], dtype=bool)
    if empty.all():
        nothing = np.full(replicates.shape[1:], np.nan)
        return nothing, nothing.copy()
    filled = np.where(empty, 0.0, replicates)
    pick = np.nanquantile if np.isnan(filled).any() else np.quantile
    low, high = pick(filled, [tail, 1 - tail], axis=0)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)
