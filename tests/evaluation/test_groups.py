"""The same metrics per group; gaps are named, and a label that follows the hospital is seen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from evaluation_cases import make_table, predictions
from radiobundle.cli import main
from radiobundle.evaluation.groups import UNKNOWN, evaluate_groups, group_values
from radiobundle.evaluation.predictions.table import Predictions


def two_hospitals(*, worse_by: float = 0.0, prevalence: tuple[float, float] = (0.5, 0.5)) -> Predictions:
    """Hospital B's scores are `worse_by` less separated; each hospital has its own prevalence."""
    rng = np.random.default_rng(0)
    site = np.repeat(["A", "B"], 400)
    truth = rng.random(800) < np.where(site == "A", *prevalence)
    separation = np.where(site == "A", 2.0, 2.0 - worse_by)
    scores = 1 / (1 + np.exp(-(rng.normal(size=800) + separation * (truth - 0.5))))
    return replace(predictions(truth[:, None], scores[:, None]), groups=pd.DataFrame({"site": site}))


def test_each_group_has_the_numbers_of_its_images_alone() -> None:
    table = two_hospitals(worse_by=1.0)
    found = evaluate_groups(table, "site", resamples=100)["groups"]
    for site, part in found.items():
        chosen = (table.groups["site"] == site).to_numpy()
        wanted = roc_auc_score(table.truth[chosen, 0], table.probabilities[chosen, 0])
        assert part["overall"]["probability"]["auroc"].value == pytest.approx(wanted, abs=1e-9)
        assert part["images"] == 400


def test_gap_is_flagged_where_there_is_one_and_not_where_there_is_none() -> None:
    def auroc_gap(table: Predictions) -> dict[str, object]:
        return next(gap for gap in evaluate_groups(table, "site", resamples=300)["gaps"] if gap["metric"] == "auroc")

    gap = auroc_gap(two_hospitals(worse_by=1.5))
    assert gap["flagged"] and (gap["best"], gap["worst"]) == ("A", "B")
    assert not auroc_gap(two_hospitals())["flagged"]


def test_label_that_follows_the_hospital_is_seen() -> None:
    tied = evaluate_groups(two_hospitals(prevalence=(0.9, 0.1)), "site", resamples=0)["label_table"]["normal"]
    free = evaluate_groups(two_hospitals(), "site", resamples=0)["label_table"]["normal"]
    assert tied["auroc_of_group_alone"] > 0.85 and tied["cramers_v"] > 0.7
    assert free["auroc_of_group_alone"] < 0.6 and free["cramers_v"] < 0.15


def test_small_group_is_shown_but_not_compared() -> None:
    table = two_hospitals()
    table.groups.loc[:2, "site"] = "C"
    found = evaluate_groups(table, "site", resamples=20)
    assert found["groups"]["C"]["images"] == 3 and not found["groups"]["C"]["compared"]
    assert all("C" not in (gap.get("best"), gap.get("worst")) for gap in found["gaps"])


def test_ages_become_bands_and_missing_values_a_group() -> None:
    ages = pd.DataFrame({"age": [0, 17.9, 18, 79, 80, 414, None]})
    bands = ["0-17", "0-17", "18-39", "60-79", "80+", "80+", UNKNOWN]
    found, notes = group_values(ages, "age")
    assert found.tolist() == bands and notes == ["column 'age': 1 of 7 values is unknown."]


def test_ages_are_read_as_tables_write_them_and_other_texts_are_counted() -> None:
    found, notes = group_values(pd.DataFrame({"Age": ["058Y", "18 months", " 30 ", "old", "NA", None, "-3"]}), "Age")
    assert found.tolist() == ["40-59", "0-17", "18-39", *[UNKNOWN] * 4]
    assert notes == [
        "column 'Age': values that are no age, treated as unknown (3): 'old', 'NA', '-3'",
        "column 'Age': 4 of 7 values are unknown.",
    ]


def test_spellings_of_a_group_are_one() -> None:
    found, notes = group_values(pd.DataFrame({"pos": [" AP", "AP", "pa", "PA", "PA", "n/a", "", None]}), "pos")
    assert found.tolist() == ["AP", "AP", "PA", "PA", "PA", *[UNKNOWN] * 3]
    assert notes == [
        "column 'pos': values with several spellings, treated as one and kept together (1): 'pa' = 'PA'",
        "column 'pos': values that say nothing, treated as unknown (1): 'n/a'",
        "column 'pos': 3 of 8 values are unknown.",
    ]


def test_groups_of_the_report_are_spelled_once_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = make_table().assign(age=["058Y", "thirty"] * 20, pos=[" AP", "AP", "pa", "PA"] * 10)
    table.to_csv(tmp_path / "p.csv", index=False)
    command = ["report", str(tmp_path / "p.csv"), "--output", str(tmp_path / "r"), "--bootstrap", "50"]
    assert main([*command, "--groups", "age,pos"]) == 0
    metrics = json.loads((tmp_path / "r/metrics.json").read_text())
    assert set(metrics["groups"]["age"]["groups"]) == {"40-59", UNKNOWN}
    assert set(metrics["groups"]["pos"]["groups"]) == {"AP", "pa"}
    assert any(
        "column 'age': values that are no age, treated as unknown (20): 'thirty'" in note for note in metrics["notes"]
    )
    assert "note: column 'pos': values with several spellings" in capsys.readouterr().err


def test_mistyped_column_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'site'"):
        group_values(two_hospitals().groups, "sit")
