"""The numbers of the report against scikit-learn, and what the intervals and thresholds promise."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from evaluation_cases import LABELS, draw_case, predictions
from radiobundle.cli import main
from radiobundle.evaluation.estimates import describe, evaluate
from radiobundle.evaluation.fitting.thresholds import best_threshold, fit_thresholds
from radiobundle.evaluation.intervals.bootstrap import plan_resampling
from radiobundle.evaluation.metrics.delong import delong
from radiobundle.evaluation.predictions.csv import read_predictions, write_predictions
from radiobundle.evaluation.predictions.table import Predictions


def value(found: dict[str, Any], *path: str) -> float:
    for key in path:
        found = found[key]
    return found["value"]  # type: ignore[return-value]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_multilabel_values_agree_with_scikit_learn(seed: int, ties: bool) -> None:
    truth, scores = draw_case(seed, ties=ties)
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
    assert value(found, "default", "kappa") == pytest.approx(sk.cohen_kappa_score(kind, called), abs=1e-9)
    assert value(found, "default", "mcc") == pytest.approx(sk.matthews_corrcoef(kind, called), abs=1e-9)
    auroc = sk.roc_auc_score(kind, scores, multi_class="ovr")
    assert value(found, "probability", "auroc") == pytest.approx(auroc, abs=1e-9)
    assert value(found, "probability", "log_loss") == pytest.approx(sk.log_loss(kind, scores), abs=1e-9)


def test_ignored_labels_never_count() -> None:
    truth, scores = draw_case(3)
    hidden = truth.copy()
    hidden[10:30, 1] = -1
    found = describe(evaluate(predictions(hidden, scores), resamples=0))["per_class"]["covid"]
    keep = np.r_[0:10, 30:60]
    wanted = sk.roc_auc_score(truth[keep, 1], scores[keep, 1])
    assert value(found, "probability", "auroc") == pytest.approx(wanted, abs=1e-9)


def test_class_without_positives_is_undefined_and_left_out_of_the_mean() -> None:
    truth, scores = draw_case(4)
    truth[:, 2] = 0
    found = describe(evaluate(predictions(truth, scores), resamples=50))
    assert found["per_class"]["non-covid"]["probability"]["auroc"]["value"] is None
    mean = found["overall"]["probability"]["auroc"]
    wanted = np.mean([sk.roc_auc_score(truth[:, index], scores[:, index]) for index in (0, 1)])
    assert mean["value"] == pytest.approx(wanted, abs=1e-9)
    assert mean["classes"] == 2


def test_delong_variance_equals_the_direct_formula() -> None:
    truth, scores = draw_case(5, classes=1, ties=True, count=80)
    y, p = truth[:, 0] == 1, scores[:, 0]
    wins = (p[y][:, None] > p[~y]) + 0.5 * (p[y][:, None] == p[~y])
    variance = wins.mean(1).var(ddof=1) / y.sum() + wins.mean(0).var(ddof=1) / (~y).sum()
    found = delong(y, p)
    assert found.auroc[0] == pytest.approx(sk.roc_auc_score(y, p), abs=1e-9)
    assert found.covariance[0, 0] == pytest.approx(variance, rel=1e-9)


def test_seed_gives_the_same_interval_and_another_seed_another() -> None:
    truth, scores = draw_case(6)
    table = predictions(truth, scores)
    results = [describe(evaluate(table, resamples=100, seed=seed))["overall"]["probability"] for seed in (0, 0, 1)]
    assert results[0] == results[1] != results[2]


def test_patients_are_drawn_whole() -> None:
    truth, _ = draw_case(7)
    patients = np.array([f"p{number // 3}" for number in range(60)], dtype=object)
    weights = plan_resampling(truth, patient_ids=patients).sample(np.random.default_rng(0), 20)
    grouped = weights.reshape(20, 3, 20)
    assert (grouped == grouped[:, :1]).all() and weights.max() > 1


def test_rare_class_is_in_every_resample() -> None:
    truth = np.zeros((500, 1))
    truth[:2] = 1
    weights = plan_resampling(truth).sample(np.random.default_rng(0), 300)
    assert (weights[:2].sum(0) == 2).all()


def test_95_percent_intervals_cover_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    covered = {"auroc": 0, "accuracy": 0}
    runs = 400
    true_auroc, true_accuracy = 0.7602499, 0.6914625  # two unit normals one standard deviation apart, cut midway
    for run in range(runs):
        y = rng.random(160) < 0.5
        p = 1 / (1 + np.exp(-(rng.normal(size=160) + y - 0.5)))
        found = describe(evaluate(predictions(y[:, None], p[:, None]), resamples=400, seed=run))["per_class"]["normal"]
        for part, name, true in (("probability", "auroc", true_auroc), ("default", "accuracy", true_accuracy)):
            covered[name] += found[part][name]["low"] <= true <= found[part][name]["high"]
    assert all(0.93 <= count / runs <= 0.97 for count in covered.values()), covered


@pytest.mark.parametrize("rule", ["youden", "f1", "accuracy", "sensitivity=0.9", "specificity=0.9"])
def test_no_other_threshold_serves_the_rule_better(rule: str) -> None:
    truth, scores = draw_case(8)
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
    truth, scores = draw_case(9)
    with pytest.raises(ValueError, match="must not be fitted on split 'test'"):
        fit_thresholds(predictions(truth, scores, split="test"))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, 240)
    scores = rng.dirichlet([2, 2, 2], 240) * 0.5 + 0.5 * np.eye(3)[kind]
    both = predictions(np.eye(3)[kind], scores, task="multiclass")
    splits = np.where(np.arange(240) < 120, "validation", "test")
    groups = pd.DataFrame({"sex": rng.choice(["F", "M"], 240)})
    path = tmp_path / "run" / "predictions.csv"
    write_predictions(path, Predictions(**{**both.__dict__, "splits": splits, "groups": groups}))
    return path


def test_predictions_survive_the_file(table: Path) -> None:
    once = read_predictions(table)
    write_predictions(table.with_name("again.csv"), once)
    assert table.with_name("again.csv").read_bytes() == table.read_bytes()
    assert once.task == "multiclass" and once.labels == LABELS


def test_report_judges_test_at_thresholds_fitted_on_validation(table: Path, tmp_path: Path) -> None:
    output = tmp_path / "report"
    arguments = ["report", str(table), "--output", str(output), "--groups", "sex", "--bootstrap", "50"]
    assert main(arguments) == 0
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics["headline_split"] == "test" and metrics["splits"]["test"]["images"] == 120
    assert json.loads((output / "thresholds.json").read_text())["fitted_on"] == "validation"
    assert set(metrics["groups"]) == {"sex"}


def test_report_page_needs_no_network(table: Path, tmp_path: Path) -> None:
    assert main(["report", str(table), "--output", str(tmp_path / "r"), "--bootstrap", "20"]) == 0
    page = (tmp_path / "r" / "report.html").read_text()
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", page)
    assert "@import" not in page and "url(http" not in page


def test_a_model_does_not_differ_from_itself(table: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "predictions.csv"
    copy.parent.mkdir()
    copy.write_bytes(table.read_bytes())
    output = tmp_path / "comparison"
    assert main(["compare", str(table.parent), str(copy.parent), "--output", str(output), "--bootstrap", "100"]) == 0
    (differences,) = json.loads((output / "compare.json").read_text())["differences"].values()
    auroc = differences["overall"]["probability"]["auroc"]
    assert (auroc["value"], auroc["low"], auroc["high"], auroc["p"]) == (0, 0, 0, 1)


def test_comparison_of_different_images_is_refused(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other" / "predictions.csv"
    other.parent.mkdir()
    other.write_text("\n".join(table.read_text().splitlines()[:-5]) + "\n")
    assert main(["compare", str(table), str(other), "--output", str(tmp_path / "c")]) == 2
    assert "images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda text: text.replace("prob:covid", "prob:covit"), "covit"),
        (lambda text: text + text.splitlines()[-1] + "\n", "239.png"),
        (lambda text: re.sub(r"(?m)^(7\.png.*),[^,]+$", r"\1,1.5", text), "prob:non-covid"),
        (lambda text: re.sub(r"(?m)^(7\.png.*),[^,]+$", r"\1,nan", text), "prob:non-covid"),
        (lambda text: text.replace("image,", "figure,", 1), "image"),
        (lambda _: "", "empty"),
    ],
)
def test_bad_table_is_one_line_that_names_the_fault(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Any, match: str
) -> None:
    table.write_text(change(table.read_text()))
    assert main(["report", str(table), "--output", str(tmp_path / "r")]) == 2
    error = capsys.readouterr().err
    assert match in error and "predictions.csv" in error
