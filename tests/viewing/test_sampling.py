"""A page of part of the images holds a fair sample, and the worst errors besides."""

from __future__ import annotations

import numpy as np
import pytest

from radiobundle.viewing.joined import Rows
from radiobundle.viewing.sampling import ERROR, RANDOM, judge_rows, sample_rows
from viewing_cases import rows_of


def wrong_in(count: int, errors: int, *, seed: int = 0) -> Rows:
    """One label, always absent; the errors are the more certain, the later they come."""
    rng = np.random.default_rng(seed)
    probabilities = np.full((count, 1), 0.2)
    chosen = np.sort(rng.permutation(count)[:errors])
    probabilities[chosen, 0] = np.linspace(0.6, 0.99, errors)
    return rows_of(np.zeros((count, 1)), probabilities)


def test_all_are_shown_where_there_is_room() -> None:
    sample = sample_rows(wrong_in(20, 3), images=20, thresholds=[None])
    assert sample.rows.tolist() == list(range(20)) and sample.kinds is None and sample.rule == ""


@pytest.mark.parametrize("errors", [0, 5, 300])
def test_half_is_a_fair_sample_and_the_rest_the_worst_errors(errors: int) -> None:
    rows = wrong_in(1000, errors)
    sample = sample_rows(rows, images=100, thresholds=[None], seed=3)
    assert len(sample.rows) == 100 and sample.kinds is not None and (np.diff(sample.rows) > 0).all()
    random, worst = (set(sample.rows[sample.kinds == kind]) for kind in (RANDOM, ERROR))
    order = np.random.default_rng(3).permutation(1000)
    assert random == set(order[: len(random)])  # the beginning of one permutation, whatever is wrong
    wrong, loss = judge_rows(rows, [None])
    left = [row for row in np.flatnonzero(wrong) if row not in random]
    assert len(worst) == min(50, len(left)) and worst == set(sorted(left, key=lambda row: -loss[row])[: len(worst)])
    assert f"100 images of 1,000: a random sample of {len(random)} (seed 3)" in sample.rule


def test_the_sample_is_fair_on_average() -> None:
    rows = wrong_in(400, 40)
    fractions = []
    for seed in range(200):
        sample = sample_rows(rows, images=60, thresholds=[None], seed=seed)
        chosen = sample.rows[sample.kinds == RANDOM]
        fractions.append(judge_rows(rows, [None])[0][chosen].mean())
    assert abs(np.mean(fractions) - 0.1) < 4 * 0.06 / np.sqrt(200)


def test_any_run_s_error_counts_at_its_own_threshold() -> None:
    truth = np.array([[1.0], [0.0], [-1.0], [0.7]])
    rows = rows_of(truth, np.array([[0.4], [0.4], [0.9], [0.8]]), np.array([[np.nan], [0.1], [0.1], [0.8]]))
    wrong, loss = judge_rows(rows, [np.array([0.3]), None])
    assert wrong.tolist() == [False, True, False, False]
    assert loss[0] == pytest.approx(-np.log(0.4)) and loss[2] == 0
    assert loss[3] == pytest.approx(-0.7 * np.log(0.8) - 0.3 * np.log(0.2))


def test_exclusive_classes_are_wrong_where_another_is_more_probable() -> None:
    truth = np.eye(3)[[0, 1, 2]]
    truth[2, 0] = -1
    probabilities = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [1, 0, 0]])
    wrong, loss = judge_rows(rows_of(truth, probabilities, task="multiclass"), [None])
    assert wrong.tolist() == [False, True, False]
    np.testing.assert_allclose(loss, [-np.log(0.5), -np.log(0.3), 0])


def test_no_image_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="`images` 0"):
        sample_rows(wrong_in(3, 0), images=0, thresholds=[None])
    assert len(sample_rows(wrong_in(3, 3), images=1, thresholds=[None]).rows) == 1
