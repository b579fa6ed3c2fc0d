"""Curves with bands against scikit-learn on the same resamples, and the slider's counts by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from radiobundle.evaluation.intervals.bootstrap import plan_resampling
from radiobundle.evaluation.metrics.threshold_curves import Curve, counts_by_threshold, roc_and_pr

GRID = np.linspace(0, 1, 101)


def make_case(seed: int = 0, count: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth with ignored rows, scores with ties, and patients of two images."""
    rng = np.random.default_rng(seed)
    truth = rng.choice([0, 1, -1], count, p=[0.5, 0.4, 0.1])
    scores = np.clip(rng.random(count) * 0.7 + 0.3 * (truth == 1), 0, 1).round(2)
    return truth, scores, np.array([f"p{number // 2}" for number in range(count)], dtype=object)


def roc_at_grid(y: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    fall_out, recall, _ = sk.roc_curve(y, scores, sample_weight=weights, drop_intermediate=False)
    return np.interp(GRID, fall_out, recall)


def precision_at_grid(y: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The precision at the highest threshold that reaches each recall."""
    precision, recall, _ = sk.precision_recall_curve(y, scores, sample_weight=weights)
    precision, recall = precision[-2::-1], recall[-2::-1]  # from the highest threshold down, without the end (1, 0)
    return np.array([precision[np.flatnonzero(recall >= value - 1e-9)[0]] for value in GRID])


@pytest.mark.parametrize("by_patient", [False, True])
def test_curves_and_bands_are_those_of_scikit_learn_on_the_same_resamples(by_patient: bool) -> None:
    truth, scores, patients = make_case()
    known = truth >= 0
    y, p = truth[known] == 1, scores[known]
    plan = plan_resampling(truth[:, None], patient_ids=patients if by_patient else None)
    drawn = plan.sample(np.random.default_rng(7), 60)[known].T
    found = dict(zip(("roc", "pr"), roc_and_pr(truth, scores, plan, resamples=60, seed=7), strict=True))
    for name, curve_of in (("roc", roc_at_grid), ("pr", precision_at_grid)):
        curve: Curve = found[name]
        np.testing.assert_array_equal(curve.x, GRID)
        np.testing.assert_allclose(curve.y, curve_of(y, p, np.ones(len(y))), atol=1e-6)
        replicates = [curve_of(y[weights > 0], p[weights > 0], weights[weights > 0]) for weights in drawn]
        low, high = np.quantile(replicates, [0.025, 0.975], axis=0)
        np.testing.assert_allclose(curve.low, low, atol=1e-6)
        np.testing.assert_allclose(curve.high, high, atol=1e-6)


def test_many_scores_are_binned_without_changing_the_curve_to_the_eye() -> None:
    rng = np.random.default_rng(0)
    y = rng.random(5000) < 0.3
    scores = rng.normal(size=5000) + y
    roc, _ = roc_and_pr(y.astype(int), scores, plan_resampling(y[:, None]), resamples=0)
    assert np.abs(roc.y - roc_at_grid(y, scores, np.ones(5000))).max() < 0.01
    assert np.isnan(roc.low).all() and np.isnan(roc.high).all()


@given(st.integers(0, 10**6), st.sampled_from([1, 7, 1000]))
def test_slider_counts_are_those_at_each_threshold(seed: int, steps: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.choice([0, 1, -1], 40)
    scores = np.where(rng.random(40) < 0.5, rng.random(40), rng.integers(0, steps + 1, 40) / steps)  # half on a step
    tp, fp = counts_by_threshold(truth, scores, steps=steps)
    reached = scores >= (np.arange(steps + 1) / steps)[:, None]
    np.testing.assert_array_equal(tp, (reached & (truth == 1)).sum(axis=1))
    np.testing.assert_array_equal(fp, (reached & (truth == 0)).sum(axis=1))
