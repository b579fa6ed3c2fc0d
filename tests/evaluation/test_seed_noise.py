"""What seeds do by themselves, and what a difference is called beside it."""

from __future__ import annotations

import numpy as np
import pytest

from radiobundle.evaluation.seed_noise import BETTER, TIE, WORSE, pooled_noise, verdict


def test_noise_is_pooled_within_configurations() -> None:
    # variances 2 (one degree of freedom) and 1 (two degrees): (2 * 1 + 1 * 2) / 3
    noise = pooled_noise([[1.0, 3.0], [10.0, 11.0, 12.0]])
    assert noise.degrees == 3 and noise.sd == pytest.approx(np.sqrt(4 / 3))
    assert pooled_noise([[1.0], [2.0]]).sd is None and pooled_noise([[1.0], [2.0]]).band(1, 1) is None


def test_a_seed_without_a_score_is_left_out() -> None:
    nan = float("nan")
    assert pooled_noise([[1.0, nan, 3.0], [2.0, nan]]) == pooled_noise([[1.0, 3.0]])
    assert pooled_noise([[1.0, nan]]).sd is None


def test_equal_configurations_leave_the_band_in_one_case_of_twenty() -> None:
    rng = np.random.default_rng(0)
    outside = 0
    for _ in range(2000):
        scores = rng.normal(0.9, 0.01, (4, 3))
        band = pooled_noise(list(scores)).band(3, 3)
        outside += abs(scores[0].mean() - scores[1].mean()) > (band or 0)
    assert 0.035 < outside / 2000 < 0.065


@pytest.mark.parametrize(
    ("difference", "p", "band", "words"),
    [
        (0.02, 0.01, 0.01, BETTER),
        (-0.02, 0.01, 0.01, WORSE),
        (0.02, 0.05, 0.01, TIE),  # other images could say otherwise
        (0.02, 0.01, 0.02, TIE),  # other seeds could
        (0.02, 0.01, None, BETTER),
        (0.02, None, 0.01, TIE),
        (0.02, 0.01, float("nan"), TIE),
        (0.02, float("nan"), 0.01, TIE),
        (float("nan"), 0.01, 0.01, TIE),
    ],
)
def test_verdicts(difference: float, p: float | None, band: float | None, words: str) -> None:
    assert verdict(difference, p, band) == words
