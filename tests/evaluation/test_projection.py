"""Where a learning curve is going."""

from __future__ import annotations

import math

import numpy as np
import pytest

from radiobundle.evaluation.projection import project

EPOCH = np.arange(1.0, 11.0)


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_gain_of_a_power_law_is_found(power: float) -> None:
    found = project(list(0.9 - 0.3 * EPOCH**-power), epochs=20)
    assert found is not None
    assert found.gain == pytest.approx(0.3 * (10**-power - 20**-power), rel=0.02)
    assert found.noise < 1e-4


def test_noise_is_that_of_the_epochs() -> None:
    rng = np.random.default_rng(0)
    epoch = np.arange(1.0, 101.0)
    found = project(list(0.9 - 0.3 / epoch + rng.normal(0, 0.02, 100)), epochs=200)
    assert found is not None
    assert found.noise == pytest.approx(0.02, rel=0.2)


def test_flat_or_falling_curve_promises_nothing() -> None:
    for scores in ([0.8] * 8, [0.9, 0.8, 0.85, 0.8, 0.75, 0.7]):
        found = project(scores, epochs=20)
        assert found is not None
        assert found.gain == pytest.approx(0, abs=1e-3)


def test_curve_with_a_hole_says_nothing() -> None:
    assert project([0.5, math.nan, 0.6, 0.7, 0.8], epochs=9) is None


def test_few_epochs_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        project([0.5, 0.6], epochs=9)
