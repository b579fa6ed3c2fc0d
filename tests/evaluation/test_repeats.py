"""Several trainings of one configuration, and the predictions of folds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from radiobundle.evaluation.intervals.bootstrap import plan_resampling
from radiobundle.evaluation.predictions.pooling import pool
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.evaluation.repeats import join_folds, repeated_score, score_once


def predictions(seed: int, count: int = 40, start: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    truth = (np.arange(count) % 2)[:, None]
    return Predictions(
        images=np.array([f"{index}.png" for index in range(start, start + count)]),
        patient_ids=np.array([str(index // 2) for index in range(start, start + count)], dtype=object),
        splits=np.full(count, "validation", dtype=object),
        labels=("a",),
        truth=truth,
        probabilities=np.clip(0.3 * truth + rng.uniform(0, 0.7, (count, 1)), 0, 1),
    )


def test_the_score_is_the_mean_over_trainings_on_the_same_resamples() -> None:
    tables = [predictions(seed) for seed in (1, 2)]
    plan = plan_resampling(tables[0].truth, patient_ids=tables[0].patient_ids)
    both = repeated_score(tables, "auroc", plan, resamples=50)
    aurocs = [roc_auc_score(table.truth[:, 0], table.probabilities[:, 0]) for table in tables]
    assert both.values == pytest.approx(aurocs) and both.mean == pytest.approx(np.mean(aurocs))
    each = [repeated_score([table], "auroc", plan, resamples=50).replicates for table in tables]
    np.testing.assert_allclose(both.replicates, (each[0] + each[1]) / 2)
    low, high = (both.estimate()[edge] for edge in ("low", "high"))
    assert low < both.mean < high
    assert score_once(tables[0], "accuracy") == pytest.approx(
        ((tables[0].probabilities >= 0.5) == tables[0].truth).mean()
    )


def test_folds_are_joined_with_their_number() -> None:
    joined = join_folds([predictions(1, count=4), predictions(2, count=6, start=4)])
    assert len(joined) == 10 and list(joined.groups["fold"]) == [0] * 4 + [1] * 6
    nameless = join_folds([predictions(1, count=4), replace(predictions(2, count=6, start=4), patient_ids=None)])
    assert nameless.patient_ids is None


def test_an_ensemble_is_the_mean_of_the_members_that_have_the_image() -> None:
    first, second = predictions(1, count=6), predictions(2, count=6, start=2)
    mean = pool([first, second], names=["first", "second"])
    assert list(mean.images) == [f"{index}.png" for index in range(8)]
    np.testing.assert_allclose(mean.probabilities[:2], first.probabilities[:2])
    np.testing.assert_allclose(mean.probabilities[2:6], (first.probabilities[2:] + second.probabilities[:4]) / 2)
    np.testing.assert_allclose(mean.probabilities[6:], second.probabilities[4:])
