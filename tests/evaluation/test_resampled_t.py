"""Nadeau and Bengio's correction, against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from radiobundle.evaluation.resampled_t import corrected_resampled_t


def test_against_the_formula_worked_out_by_hand() -> None:
    # differences 1, 2, 3: mean 2, variance 1; K 3, held-out ratio 1/2: variance of the mean 1/3 + 1/2 = 5/6;
    # t = 2 / sqrt(5/6) = 2.19089; with 2 degrees of freedom p = 1 - t / sqrt(t^2 + 2), the 0.975 quantile is 4.302653.
    found = corrected_resampled_t([1.0, 2.0, 3.0], held_out_ratio=0.5)
    t = 2 / math.sqrt(5 / 6)
    assert found["value"] == 2.0
    assert found["p"] == pytest.approx(1 - t / math.sqrt(t * t + 2))
    assert found["p"] == pytest.approx(0.15983, abs=1e-5)
    assert found["high"] - found["value"] == pytest.approx(4.302653 * math.sqrt(5 / 6), abs=1e-5)


def test_without_held_out_images_it_is_students_test() -> None:
    differences = [0.02, -0.01, 0.03, 0.04]
    found = corrected_resampled_t(differences, held_out_ratio=0.0)
    assert found["p"] == pytest.approx(stats.ttest_1samp(differences, 0).pvalue)


def test_what_cannot_be_tested_says_why() -> None:
    assert corrected_resampled_t([0.1], held_out_ratio=0.1)["reason"] == "fewer than two folds"
    assert corrected_resampled_t([0.1, float("nan")], held_out_ratio=0.1)["reason"] == "undefined in a fold"
    assert corrected_resampled_t([0.0, 0.0], held_out_ratio=0.1)["p"] == 1.0
    assert corrected_resampled_t([0.1, 0.1], held_out_ratio=0.1)["p"] == 0.0
