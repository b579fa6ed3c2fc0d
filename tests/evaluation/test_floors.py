"""Floors that a model must beat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from evaluation_cases import predictions, sample_case
from radiobundle.evaluation.estimates import evaluate
from radiobundle.evaluation.floors import _auroc, auroc, auroc_difference, metadata_auroc, shuffled_auroc


def test_shuffled_labels_lead_to_a_half_whatever_the_model_knows() -> None:
    truth, scores = sample_case(0, count=400)
    found = shuffled_auroc(predictions(truth, truth * 0.9 + 0.05 * scores), times=200)
    assert found.value == pytest.approx(0.5, abs=0.01)
    assert found.low is not None and found.high is not None
    # Of one label with 200 of each, chance has a standard deviation of 0.029; of the mean of three, 0.017.
    assert 0.02 < 0.5 - found.low < 0.05 and 0.02 < found.high - 0.5 < 0.05


def test_ranks_give_the_auroc_of_known_images_with_ties() -> None:
    truth, scores = sample_case(1, ties=True)
    column, column_scores = truth[:, 0].copy(), scores[:, 0]
    column[5:15] = -1
    known = column >= 0
    expected = roc_auc_score(column[known], column_scores[known])
    assert _auroc(column, pd.Series(column_scores).rank().to_numpy()) == pytest.approx(expected)


def facts(sex: np.ndarray, age: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"sex": np.where(sex, "F", "M"), "age": age, "view": "PA"})


def test_facts_that_tell_the_label_apart_are_found_and_others_named() -> None:
    rng = np.random.default_rng(0)
    sex, age = rng.integers(0, 2, 600), rng.integers(20, 90, 600).astype(float)
    age[:30] = np.nan
    truth = ((np.nan_to_num(age, nan=50) > 60) | (rng.random(600) < 0.1)).astype(int)[:, None]
    tested = replace(predictions(truth[300:], rng.random((300, 1))), groups=facts(sex[300:], age[300:]))
    found = metadata_auroc(facts(sex[:300], age[:300]), truth[:300], tested, columns=("view", "sex", "age", "height"))
    assert found["columns"] == ["sex", "age"] and found["absent"] == ["view", "height"]
    assert found["auroc"].value > 0.85 and found["auroc"].low < found["auroc"].value < found["auroc"].high


def test_facts_that_say_nothing_stay_near_a_half() -> None:
    rng = np.random.default_rng(1)
    sex, age = rng.integers(0, 2, 2000), rng.integers(20, 90, 2000)
    truth = np.eye(3)[rng.integers(0, 3, 2000)]
    tested = replace(predictions(truth[1000:], truth[1000:], task="multiclass"), groups=facts(sex[1000:], age[1000:]))
    assert metadata_auroc(facts(sex[:1000], age[:1000]), truth[:1000], tested)["auroc"].value == pytest.approx(
        0.5, abs=0.06
    )


def test_without_any_fact_the_reason_is_given() -> None:
    truth, scores = sample_case(0)
    found = metadata_auroc(pd.DataFrame(index=range(60)), truth, predictions(truth, scores))
    assert found["auroc"].value is None and "does not contain view, sex, age" in found["auroc"].reason


def test_differences_are_paired() -> None:
    truth, scores = sample_case(0, count=300)
    better, worse = (evaluate(predictions(truth, part), resamples=200) for part in (scores, scores * 0.9))
    found = auroc_difference(worse, better)  # the same order: not the least difference on any resample
    assert (found.value, found.low, found.high) == (0, 0, 0) and auroc(better).low < auroc(better).high
