"""Numbers of a sweep, from predictions that are known: pooled folds, corrected tests, verdicts, what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from radiobundle.evaluation.resampled_t import corrected_resampled_t
from radiobundle.evaluation.seed_noise import TIE
from radiobundle.sweeps.report_content import _named_or_counted, build_document
from radiobundle.sweeps.results import write_results
from radiobundle.sweeps.summary import NO_RESULT, RowSummary, Summary, summarise
from radiobundle.sweeps.tables import results_table
from sweep_cases import finish, make_plan_of


def row(summary: Summary, name: str) -> RowSummary:
    return next(row for row in summary.rows if row.name == name)


@pytest.mark.usefixtures("quick")
def test_means_over_seeds_and_verdicts(sweep_file: Any, tmp_path: Path) -> None:
    plan = make_plan_of(sweep_file, tmp_path, folds=1, seeds=[0, 1, 2])
    finished = finish(plan, tmp_path / "runs")
    summary = summarise(plan, finished, resamples=200)
    assert [(one.name, one.verdict) for one in summary.rows] == [
        ("base", ""), ("better", "better"), ("same", "a tie at this noise")
    ]  # fmt: skip
    better, base = row(summary, "better"), row(summary, "base")
    tables = [pd.read_csv(one.folder / "predictions.csv") for one in finished if one.trial.configuration.name == "base"]
    expected = np.mean([roc_auc_score(table["label:a"], table["prob:a"]) for table in tables])
    assert base.score is not None and base.score.mean == pytest.approx(expected)
    assert better.difference is not None and better.score is not None
    assert better.difference["value"] == pytest.approx(better.score.mean - expected)
    assert summary.noise.degrees == 6 and better.fold_difference is None

    write_results(summary, tmp_path / "out")
    report = (tmp_path / "out/report.md").read_text()
    assert "better: 'better'; a tie at this noise: 'same'" in report
    results = pd.read_csv(tmp_path / "out/results.csv")
    assert results["auroc"][0] == pytest.approx(expected, abs=1e-6) and list(results["parameters"]) == [9, 9, 9]

    turned = summarise(replace(plan, baseline="better"), finished, resamples=200)
    assert [(one.name, one.verdict) for one in turned.rows] == [("better", ""), ("base", "worse"), ("same", "worse")]


@pytest.mark.usefixtures("quick")
def test_folds_are_pooled_and_their_means_are_compared_with_the_correction(sweep_file: Any, tmp_path: Path) -> None:
    plan = make_plan_of(sweep_file, tmp_path, folds=4, seeds=[5])
    summary = summarise(plan, finish(plan, tmp_path / "runs"), resamples=200)
    better, base = row(summary, "better"), row(summary, "base")
    assert summary.images == 120 and len(better.fold_scores) == 4 and summary.noise.sd is None
    differences = np.subtract(better.fold_scores, base.fold_scores)
    assert better.fold_difference == corrected_resampled_t(differences, held_out_ratio=30 / 90)
    pooled = base.predictions[5]
    expected = roc_auc_score(pooled.truth[:, 0], pooled.probabilities[:, 0])
    assert base.score is not None and base.score.mean == pytest.approx(expected)
    assert better.difference is not None and better.p_holm is not None
    assert better.p_holm >= max(better.difference["p"], better.fold_difference["p"])

    write_results(summary, tmp_path / "out")
    joined = pd.read_csv(tmp_path / "out/out_of_fold/base-seed5/predictions.csv")
    assert sorted(joined["fold"].unique()) == [0, 1, 2, 3] and len(joined) == 120
    assert "fold" in (tmp_path / "out/out_of_fold/base-seed5/report.md").read_text()


def test_configurations_are_never_joined_by_their_name(sweep_file: Any, tmp_path: Path) -> None:
    plan = make_plan_of(sweep_file, tmp_path, folds=1, seeds=[0])
    finished = finish(plan, tmp_path / "runs")
    alike = [
        replace(one, trial=replace(one.trial, configuration=replace(one.trial.configuration, name="base")))
        for one in finished
    ]
    with pytest.raises(ValueError, match="two configurations have one name"):
        summarise(plan, alike, resamples=100)


def test_one_seed_says_that_nobody_knows_the_noise_and_failures_are_said(sweep_file: Any, tmp_path: Path) -> None:
    plan = make_plan_of(sweep_file, tmp_path, folds=1, seeds=[0])
    summary = summarise(plan, finish(plan, tmp_path / "runs", missing=("same", 0)), resamples=200)
    assert row(summary, "better").verdict == "better (one seed)"
    assert row(summary, "same").verdict == "no result: diverged: train_loss was nan in epoch 1"
    assert row(summary, "same").p_holm is None
    summary = summarise(plan, finish(plan, tmp_path / "runs", missing=("base", 0)), resamples=200)
    assert row(summary, "better").verdict == "no baseline to compare with"
    assert row(summary, "base").verdict == "no result: diverged: train_loss was nan in epoch 1"
    nothing = summarise(plan, finish(plan, tmp_path / "runs", missing=("base", 0))[:1])
    assert nothing.rows[0].verdict.startswith("no result: diverged") and nothing.images == 0


def headline(summary: Summary) -> str:
    return build_document(summary, {}).to_markdown().split("\n\n")[1]


def test_failures_are_counted_in_the_headline_and_leave_whole_numbers_whole(sweep_file: Any, tmp_path: Path) -> None:
    plan = make_plan_of(sweep_file, tmp_path, folds=1, seeds=[0])
    summary = summarise(plan, finish(plan, tmp_path / "runs", missing=("same", 0)), resamples=100)
    assert "better (one seed): 'better'; no result: 1 configuration. " in headline(summary)
    assert results_table(summary)[["parameters"]].to_csv(index=False).split() == ["parameters", "9", "9", '""']
    summary = summarise(plan, finish(plan, tmp_path / "runs", missing=("base", 0)), resamples=100)
    assert headline(summary).startswith("The baseline 'base' has no result, so nothing was compared.")


def test_a_headline_names_few_and_counts_many() -> None:
    assert _named_or_counted(["'a'", "'b'"], TIE) == "'a', 'b'"
    assert _named_or_counted([f"'{name}'" for name in "abcdef"], TIE) == "6 configurations"
    assert _named_or_counted([f"'{name}'" for name in "abcdef"], "worse") == "'a', 'b', 'c', 'd' and 2 more"
    assert _named_or_counted(["'a'"], NO_RESULT) == "1 configuration"
