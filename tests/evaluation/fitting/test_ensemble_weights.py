"""Weights of an ensemble's members, fitted on validation."""

from __future__ import annotations

import numpy as np
import pytest

from radiobundle.evaluation.fitting.ensemble_weights import fit_member_weights


def case(members: int = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    truth = (random.random((200, 4)) < 0.3).astype(np.int8)
    return truth, np.clip(random.random((members, 200, 4)), 0.01, 0.99)


def test_member_that_knows_gets_the_weight() -> None:
    truth, guesses = case()
    guesses[1] = np.where(truth == 1, 0.95, 0.05)
    np.testing.assert_allclose(fit_member_weights(truth, guesses), [0, 1, 0], atol=0.02)


def test_fitted_weights_beat_any_other_mixture() -> None:
    truth, guesses = case()
    guesses[0] = 0.5 * guesses[0] + 0.5 * truth
    guesses[2] = 0.7 * guesses[2] + 0.3 * truth

    def loss(weights: np.ndarray) -> float:
        mixed = np.tensordot(weights, guesses, 1)
        return float(-np.log(np.where(truth == 1, mixed, 1 - mixed)).mean())

    fitted = fit_member_weights(truth, guesses)
    assert fitted.sum() == pytest.approx(1) and (fitted >= 0).all()
    for weights in np.random.default_rng(1).dirichlet(np.ones(3), 200):
        assert loss(fitted) <= loss(weights) + 1e-6


def test_ignored_labels_do_not_weigh() -> None:
    truth, guesses = case(2)
    hidden = np.concatenate([truth, np.full((50, 4), -1)])
    more = np.concatenate([guesses, np.random.default_rng(2).random((2, 50, 4))], axis=1)
    np.testing.assert_allclose(fit_member_weights(hidden, more), fit_member_weights(truth, guesses))
    with pytest.raises(ValueError, match="labelled validation images"):
        fit_member_weights(np.full((5, 4), -1), more[:, :5])
