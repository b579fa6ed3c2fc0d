"""Thresholds serve their rule best and are fitted on validation only."""

from __future__ import annotations

import pytest
from sklearn import metrics as sk

from evaluation_cases import predictions, sample_case
from radiobundle.evaluation.fitting.thresholds import best_threshold, fit_thresholds


@pytest.mark.parametrize("rule", ["youden", "f1", "accuracy", "sensitivity=0.9", "specificity=0.9"])
def test_no_other_threshold_serves_the_rule_better(rule: str) -> None:
    truth, scores = sample_case(8)
    y, p = truth[:, 0] == 1, scores[:, 0]

    def worth(cut: float) -> float:
        called = p >= cut
        sensitivity, specificity = called[y].mean(), (~called[~y]).mean()
        if rule == "youden":
            return float(sensitivity + specificity)
        if rule == "f1":
            return float(sk.f1_score(y, called))
        if rule == "accuracy":
            return float((called == y).mean())
        first, second = (sensitivity, specificity) if rule.startswith("sens") else (specificity, sensitivity)
        return float(second) if first >= 0.9 else -1.0

    chosen = best_threshold(y, p, rule=rule)
    assert chosen not in p
    assert worth(chosen) == pytest.approx(max(worth(cut) for cut in [*p, 0.0, 1.0]))


def test_thresholds_are_never_fitted_on_test() -> None:
    truth, scores = sample_case(9)
    with pytest.raises(ValueError, match="must not be fitted on split 'test'"):
        fit_thresholds(predictions(truth, scores, split="test"))
