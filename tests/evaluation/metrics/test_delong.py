"""DeLong's variance, with and without patients."""

from __future__ import annotations

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
