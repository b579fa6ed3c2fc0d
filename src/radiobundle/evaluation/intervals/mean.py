"""The mean of one value per image, with an interval over patients."""

from __future__ import annotations

import numpy as np

from radiobundle.evaluation.intervals.bootstrap import percentile_interval, plan_resampling, resample

FEWEST_UNITS = 5  # a bootstrap of fewer units is meaningless


def mean_interval(
    values: np.ndarray, *, patient_ids: np.ndarray | None = None, resamples: int = 1000, seed: int = 0
) -> dict[str, float | None]:
    """Return value, low and high of a mean; low and high are None for fewer than five patients (or images).

    Args:
        values: (N,); NaN if missing.
        patient_ids: (N,) patient of each value; None: each image is resampled on its own.
        resamples: number of bootstrap resamples; 0: no interval.
        seed: seed of the bootstrap.

    >>> mean_interval(np.array([1.0, 2.0, np.nan]))
    {'value': 1.5, 'low': None, 'high': None}
    """
    values = np.asarray(values, dtype=float)
    known = np.isfinite(values)
    values = values[known]
    if not len(values):
        return {"value": None, "low": None, "high": None}
    ids = None if patient_ids is None else np.asarray(patient_ids, dtype=object)[known]
    plan = plan_resampling(np.zeros((len(values), 0)), patient_ids=ids)
    found: dict[str, float | None] = {"value": float(values.mean()), "low": None, "high": None}
    if plan.unit_count < FEWEST_UNITS or not resamples:
        return found

    def score(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {"mean": values @ weights / weights.sum(axis=0)}

    low, high = percentile_interval(resample(score, plan, resamples=resamples, seed=seed)["mean"])
    return {**found, "low": float(low), "high": float(high)}
