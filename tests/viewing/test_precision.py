"""What the page decides from single precision is what the evaluation decided."""

from __future__ import annotations

import numpy as np

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.viewing.precision import single_precision

RNG = np.random.default_rng(0)


def test_probabilities_beside_a_threshold_stay_on_their_side() -> None:
    rule = DecisionRule("multilabel", ("a", "b"))
    cuts = np.array([0.3, 1 - 3e-12])
    probabilities = cuts + RNG.choice([-1e-12, 0, 1e-12, -0.1], (200, 2))
    single = single_precision(probabilities, rule, cuts)
    assert single.dtype == np.float32
    rounded = probabilities.astype(np.float32)
    assert (rule.predict(rounded.astype(float), cuts) != rule.predict(probabilities, cuts)).any()
    np.testing.assert_array_equal(rule.predict(single.astype(float), cuts), rule.predict(probabilities, cuts))
    np.testing.assert_allclose(single, probabilities, rtol=2e-7)


def test_the_most_probable_of_several_classes_stays() -> None:
    rule = DecisionRule("multiclass", ("a", "b", "c"))
    probabilities = np.array([[0.5 - 1e-12, 0.5, 0.0], [0.4, 0.2, 0.4], [0.4 - 1e-12, 0.2, 0.4 + 1e-12]])
    single = single_precision(probabilities, rule, None)
    assert single.argmax(axis=1).tolist() == probabilities.argmax(axis=1).tolist() == [1, 0, 2]
    assert probabilities.astype(np.float32).argmax(axis=1).tolist() != [1, 0, 2]


def test_what_is_missing_stays_missing() -> None:
    for task in ("multilabel", "multiclass"):
        values = single_precision(np.full((2, 3), np.nan), DecisionRule(task, ("a", "b", "c")), None)
        assert np.isnan(values).all()
