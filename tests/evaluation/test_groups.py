"""The same metrics per group; gaps are named, and a label that follows the hospital is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from evaluation_cases import predictions
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
    assert group_values(ages, "age").tolist() == bands


def test_mistyped_column_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'site'"):
        group_values(two_hospitals().groups, "sit")
