"""DeLong's variance, with and without patients."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from evaluation_cases import sample_case
from radiobundle.evaluation.metrics.delong import delong


def test_delong_variance_equals_the_direct_formula() -> None:
    truth, scores = sample_case(5, classes=1, ties=True, count=80)
    y, p = truth[:, 0] == 1, scores[:, 0]
    wins = (p[y][:, None] > p[~y]) + 0.5 * (p[y][:, None] == p[~y])
    variance = wins.mean(1).var(ddof=1) / y.sum() + wins.mean(0).var(ddof=1) / (~y).sum()
    found = delong(y, p)
    assert found.auroc[0] == pytest.approx(sk.roc_auc_score(y, p), abs=1e-9)
    assert found.covariance[0, 0] == pytest.approx(variance, rel=1e-9)


def clustered_case(patients: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, scores of two models with ties, and patients of one to five images that resemble each other."""
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(patients), rng.integers(1, 6, patients))
    resemblance = rng.normal(size=patients)[clusters]
    y = resemblance + rng.normal(size=len(clusters)) > 0.5
    noise = rng.normal(size=(len(clusters), 2))
    scores = 0.8 * y[:, None] + 0.7 * resemblance[:, None] + noise
    return y, scores.round(1), clusters


def win(positive: float, negative: float) -> float:
    return 1.0 if positive > negative else 0.5 if positive == negative else 0.0


def obuchowski(y: np.ndarray, scores: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """The covariance of two AUROCs as written in Obuchowski (1997), cluster by cluster, pair by pair."""
    positives, negatives = np.flatnonzero(y), np.flatnonzero(~y)
    m, n = len(positives), len(negatives)
    names = sorted(set(clusters.tolist()))
    deviation10, deviation01 = {}, {}
    for model in (0, 1):
        s = scores[:, model]
        x = {i: np.mean([win(s[i], s[j]) for j in negatives]) for i in positives}
        y_component = {j: np.mean([win(s[i], s[j]) for i in positives]) for j in negatives}
        auroc = np.mean(list(x.values()))
        for name in names:
            deviation10[model, name] = sum(x[i] - auroc for i in positives if clusters[i] == name)
            deviation01[model, name] = sum(y_component[j] - auroc for j in negatives if clusters[j] == name)
    i10, i01, i = len(set(clusters[positives])), len(set(clusters[negatives])), len(names)
    covariance = np.zeros((2, 2))
    for a in (0, 1):
        for b in (0, 1):
            s10 = i10 / ((i10 - 1) * m) * sum(deviation10[a, name] * deviation10[b, name] for name in names)
            s01 = i01 / ((i01 - 1) * n) * sum(deviation01[a, name] * deviation01[b, name] for name in names)
            s11 = i / (i - 1) * sum(deviation10[a, name] * deviation01[b, name] for name in names)
            s11_of_b = i / (i - 1) * sum(deviation10[b, name] * deviation01[a, name] for name in names)
            covariance[a, b] = s10 / m + s01 / n + (s11 + s11_of_b) / (m * n)
    return covariance


def test_clustered_covariance_is_obuchowskis() -> None:
    case = clustered_case(40)
    found = delong(case[0], case[1], clusters=case[2])
    np.testing.assert_allclose(found.covariance, obuchowski(*case), rtol=1e-9)
    assert not np.allclose(found.covariance, delong(*case[:2]).covariance, rtol=0.05)


def test_clustered_covariance_is_nearly_that_of_the_jackknife_over_patients() -> None:
    y, scores, clusters = clustered_case(200, seed=1)
    names = np.unique(clusters)
    left_out = []
    for name in names:
        kept = clusters != name
        left_out.append([sk.roc_auc_score(y[kept], scores[kept, model]) for model in (0, 1)])
    jackknife = np.cov(np.array(left_out).T, ddof=0) * (len(names) - 1)
    np.testing.assert_allclose(delong(y, scores, clusters=clusters).covariance, jackknife, rtol=0.05)


def test_one_image_per_patient_is_plain_delong_and_names_do_not_matter() -> None:
    y, scores, clusters = clustered_case(40)
    each = np.random.default_rng(0).permutation(len(y))
    np.testing.assert_allclose(delong(y, scores, clusters=each).covariance, delong(y, scores).covariance, rtol=1e-9)
    named = np.array([f"patient {number}" for number in clusters])
    found, expected = delong(y, scores, clusters=named), delong(y, scores, clusters=clusters)
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-12)
