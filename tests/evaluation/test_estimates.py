"""Values against scikit-learn, and what intervals promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from evaluation_cases import LABELS, predictions, sample_case
from radiobundle.evaluation.estimates import describe, evaluate
from radiobundle.evaluation.fitting.thresholds import Thresholds


def value(found: dict[str, Any], *path: str) -> float:
    for key in path:
        found = found[key]
    return found.value  # type: ignore[attr-defined,no-any-return]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_multilabel_values_agree_with_scikit_learn(seed: int, ties: bool) -> None:
    truth, scores = sample_case(seed, ties=ties)
    found = describe(evaluate(predictions(truth, scores), resamples=0))["per_class"]
    for index, label in enumerate(LABELS):
        y, p, called = truth[:, index], scores[:, index], scores[:, index] >= 0.5
        expected = {
            ("probability", "auroc"): sk.roc_auc_score(y, p),
            ("probability", "average_precision"): sk.average_precision_score(y, p),
            ("probability", "brier"): sk.brier_score_loss(y, p),
            ("default", "accuracy"): sk.accuracy_score(y, called),
            ("default", "recall"): sk.recall_score(y, called),
            ("default", "specificity"): sk.recall_score(1 - y, ~called),
            ("default", "balanced_accuracy"): sk.balanced_accuracy_score(y, called),
            ("default", "kappa"): sk.cohen_kappa_score(y, called),
        }
        if called.any():
            expected |= {
                ("default", "precision"): sk.precision_score(y, called),
                ("default", "f1"): sk.f1_score(y, called),
            }
        if called.any() and not called.all():
            expected["default", "mcc"] = sk.matthews_corrcoef(y, called)
        for path, wanted in expected.items():
            assert value(found[label], *path) == pytest.approx(wanted, abs=1e-9), (label, path)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_multiclass_values_agree_with_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kind = np.concatenate([[0, 1, 2], rng.integers(0, 3, 57)])
    scores = rng.dirichlet([1, 1, 1], 60) * 0.6 + 0.4 * np.eye(3)[kind]
    found = describe(evaluate(predictions(np.eye(3)[kind], scores, task="multiclass"), resamples=0))["overall"]
    called = scores.argmax(1)
    assert value(found, "default", "accuracy") == pytest.approx(sk.accuracy_score(kind, called), abs=1e-9)
    balanced = sk.balanced_accuracy_score(kind, called)
    assert value(found, "default", "balanced_accuracy") == pytest.approx(balanced, abs=1e-9)
    assert value(found, "default", "kappa") == pytest.approx(sk.cohen_kappa_score(kind, called), abs=1e-9)
    assert value(found, "default", "mcc") == pytest.approx(sk.matthews_corrcoef(kind, called), abs=1e-9)
    auroc = sk.roc_auc_score(kind, scores, multi_class="ovr")
    assert value(found, "probability", "auroc") == pytest.approx(auroc, abs=1e-9)
    assert value(found, "probability", "log_loss") == pytest.approx(sk.log_loss(kind, scores), abs=1e-9)


def test_ignored_labels_never_count() -> None:
    truth, scores = sample_case(3)
    hidden = truth.copy()
    hidden[10:30, 1] = -1
    found = describe(evaluate(predictions(hidden, scores), resamples=0))["per_class"]["covid"]
    keep = np.r_[0:10, 30:60]
    wanted = sk.roc_auc_score(truth[keep, 1], scores[keep, 1])
    assert value(found, "probability", "auroc") == pytest.approx(wanted, abs=1e-9)


def test_class_without_positives_is_undefined_and_left_out_of_the_mean() -> None:
    truth, scores = sample_case(4)
    truth[:, 2] = 0
    found = describe(evaluate(predictions(truth, scores), resamples=50))
    assert found["per_class"]["non-covid"]["probability"]["auroc"].value is None
    mean = found["overall"]["probability"]["auroc"]
    wanted = np.mean([sk.roc_auc_score(truth[:, index], scores[:, index]) for index in (0, 1)])
    assert mean.value == pytest.approx(wanted, abs=1e-9)
    assert mean.classes == 2


def test_seed_gives_the_same_interval_and_another_seed_another() -> None:
    truth, scores = sample_case(6)
    table = predictions(truth, scores)
    results = [describe(evaluate(table, resamples=100, seed=seed))["overall"]["probability"] for seed in (0, 0, 1)]
    assert results[0] == results[1] != results[2]


@pytest.mark.slow
def test_95_percent_intervals_cover_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    covered = {"auroc": 0, "accuracy": 0}
    runs = 400
    true_auroc, true_accuracy = 0.7602499, 0.6914625  # two unit normals one standard deviation apart, cut midway
    for run in range(runs):
        y = rng.random(160) < 0.5
        p = 1 / (1 + np.exp(-(rng.normal(size=160) + y - 0.5)))
        found = describe(evaluate(predictions(y[:, None], p[:, None]), resamples=200, seed=run))["per_class"]["normal"]
        for part, name, true in (("probability", "auroc", true_auroc), ("default", "accuracy", true_accuracy)):
            covered[name] += found[part][name].low <= true <= found[part][name].high
    assert all(0.93 <= count / runs <= 0.97 for count in covered.values()), covered


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_averages_agree_with_scikit_learn(seed: int, ties: bool) -> None:
    truth, scores = sample_case(seed, ties=ties)
    predicted = scores >= 0.5
    assume(predicted.any(axis=0).all())  # else scikit-learn counts an undefined precision as 0
    found = describe(evaluate(predictions(truth, scores), resamples=0))["averages"]
    for average in ("macro", "micro", "weighted"):
        expected = {
            ("probability", "auroc"): sk.roc_auc_score(truth, scores, average=average),
            ("probability", "average_precision"): sk.average_precision_score(truth, scores, average=average),
            ("default", "recall"): sk.recall_score(truth, predicted, average=average),
            ("default", "precision"): sk.precision_score(truth, predicted, average=average),
            ("default", "f1"): sk.f1_score(truth, predicted, average=average),
        }
        if average == "micro":
            y, p = truth.ravel(), predicted.ravel()
            expected |= {
                ("default", "accuracy"): sk.accuracy_score(y, p),
                ("default", "mcc"): sk.matthews_corrcoef(y, p),
                ("probability", "brier"): sk.brier_score_loss(y, scores.ravel()),
            }
        for path, wanted in expected.items():
            assert value(found[average], *path) == pytest.approx(wanted, abs=1e-9), (average, path)


def test_averages_leave_out_ignored_labels_and_weigh_by_the_known_positives() -> None:
    truth, scores = sample_case(3)
    truth[10:30, 1] = -1
    keep = [truth[:, index] >= 0 for index in range(3)]
    aurocs = [sk.roc_auc_score(truth[k, index], scores[k, index]) for index, k in enumerate(keep)]
    support = [(truth[:, index] == 1).sum() for index in range(3)]
    found = describe(evaluate(predictions(truth, scores), resamples=0))["averages"]
    assert value(found["weighted"], "probability", "auroc") == pytest.approx(np.average(aurocs, weights=support))
    known = truth >= 0
    assert value(found["micro"], "probability", "auroc") == pytest.approx(sk.roc_auc_score(truth[known], scores[known]))


@pytest.mark.parametrize("cuts", [None, (0.3, 0.6, 0.45)])
def test_exact_match_is_scikit_learns_accuracy_of_whole_rows(cuts: tuple[float, ...] | None) -> None:
    truth, scores = sample_case(11)
    truth[40:50, 2] = -1  # what is not known whole cannot match
    fitted = None
    if cuts is not None:
        fitted = Thresholds(
            rule="f1", values=dict(zip(LABELS, cuts, strict=True)), fitted_on="validation", image_count=1
        )
    overall = describe(evaluate(predictions(truth, scores), thresholds=fitted, resamples=0))["overall"]
    known = (truth >= 0).all(axis=1)
    for decision, cut in {"default": 0.5, **({"fitted": np.array(cuts)} if cuts else {})}.items():
        wanted = sk.accuracy_score(truth[known], (scores >= cut)[known])
        assert 0 < wanted < 1 and value(overall, decision, "exact_match") == pytest.approx(wanted)
