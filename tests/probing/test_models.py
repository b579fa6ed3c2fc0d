"""The simple models find what is in features, and nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from radiobundle.probing.models import linear_probe, macro_auroc, neighbour_probe

RNG = np.random.default_rng(0)


def features_of(kinds: np.ndarray) -> np.ndarray:
    return RNG.normal(size=(len(kinds), 8)) + 3 * np.eye(8)[kinds]


def one_hot(kinds: np.ndarray) -> np.ndarray:
    return np.eye(3, dtype=int)[kinds]


@pytest.mark.parametrize("related", [True, False])
def test_what_features_tell_is_found_and_nothing_else(related: bool) -> None:
    training, others = RNG.integers(0, 3, 300), RNG.integers(0, 3, 600)
    seen, told = (features_of(kinds if related else np.zeros_like(kinds)) for kinds in (training, others))
    truth, judged = one_hot(training), one_hot(others[:300])
    for fitted in (
        linear_probe(seen, truth, told, judged, task="multiclass"),
        neighbour_probe(seen, truth, told, judged),
    ):
        auroc = macro_auroc(one_hot(others[300:]), fitted.probabilities[300:])
        assert auroc > 0.95 if related else 0.4 < auroc < 0.6


def test_ignored_labels_count_for_nothing() -> None:
    training = RNG.integers(0, 2, 200)
    seen = features_of(training)
    truth = np.stack([training, np.full(200, -1), np.zeros(200, int)], axis=1)
    hidden = RNG.random(200) < 0.5
    wrong = truth.copy()
    wrong[hidden, 0] = -1
    others = features_of(np.arange(100) % 2)
    judged = np.stack([np.arange(100) % 2, np.full(100, -1), np.zeros(100, int)], axis=1)
    for fitted in (
        linear_probe(seen, wrong, others, judged, task="multilabel"),
        neighbour_probe(seen, wrong, others, judged),
    ):
        assert fitted.validation_auroc > 0.95 and np.isfinite(fitted.probabilities).all()
    only_known = linear_probe(seen[~hidden], truth[~hidden], others, judged, task="multilabel")
    all_given = linear_probe(seen, wrong, others, judged, task="multilabel")
    assert np.abs(only_known.probabilities[:, 0] - all_given.probabilities[:, 0]).mean() < 0.1


def test_setting_is_that_with_the_best_validation() -> None:
    kinds = RNG.integers(0, 2, 60)
    found = neighbour_probe(features_of(kinds), kinds[:, None], features_of(kinds), kinds[:, None])
    assert found.setting.startswith("k = ") and found.probabilities.shape == (60, 1)


def test_labels_with_one_value_do_not_count() -> None:
    truth = np.array([[0, 1], [1, 1]])
    assert macro_auroc(truth, np.array([[0.1, 0.3], [0.9, 0.2]])) == 1.0
    assert macro_auroc(truth[:, 1:], np.array([[0.1], [0.9]])) == 0.5
