"""Ensembles: weights, rules, and members rebuilt from their runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from bundle_runs import TINY, make_blob_list, run_bundle
from radiobundle.models.ensemble import CombineMembers, Ensemble, member_weights

LABELS = ["normal", "covid", "non-covid"]


def sigmoid(data: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {"pred": data["pred"].sigmoid()}


def softmax(data: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {"pred": data["pred"].softmax(1)}


def test_vote_of_three_needs_two() -> None:
    logits = torch.tensor([[[2.0, -2.0]], [[2.0, 2.0]], [[-2.0, -2.0]]])
    combine = CombineMembers(sigmoid, [1 / 3] * 3, rule="vote", task="multilabel")
    shares = combine({f"pred_{i}": logits[i] for i in range(3)})["pred"]
    torch.testing.assert_close(shares, torch.tensor([[2 / 3, 1 / 3]]))


def test_vote_between_exclusive_classes_counts_favourites() -> None:
    logits = torch.tensor([[[0.2, 0.1, 0.0]], [[0.0, 0.3, 0.2]], [[0.1, 0.9, 0.0]]])
    combine = CombineMembers(softmax, [1 / 3] * 3, rule="vote", task="multiclass")
    shares = combine({f"pred_{i}": logits[i] for i in range(3)})["pred"]
    torch.testing.assert_close(shares, torch.tensor([[1 / 3, 2 / 3, 0.0]]))


def test_weights_count_in_the_mean() -> None:
    logits = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(0))
    combine = CombineMembers(sigmoid, [0.75, 0.25], rule="mean", task="multilabel")
    mixed = combine({"pred_0": logits[0], "pred_1": logits[1]})["pred"]
    torch.testing.assert_close(mixed, 0.75 * logits[0].sigmoid() + 0.25 * logits[1].sigmoid())


@pytest.mark.parametrize("weights", ["best", [1.0], [0.0, 0.0], [-1.0, 2.0]])
def test_wrong_weights_are_named(weights: Any) -> None:
    with pytest.raises(ValueError, match="ensemble_weights must be"):
        member_weights(["a", "b"], weights=weights, task="multilabel")


def test_unknown_rule_is_named() -> None:
    with pytest.raises(ValueError, match="ensemble_rule"):
        CombineMembers(sigmoid, [1.0], rule="best", task="multilabel")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two runs of different networks, image sizes and normalisations, trained and evaluated."""
    folder = tmp_path_factory.mktemp("runs")
    paths = make_blob_list(folder)
    wider = {**TINY, "image_size_px": [32, 28], "network_def": {**TINY["network_def"], "fc_nodes": [12, 8]}}  # type: ignore[dict-item]
    for name, recipes, options in (("a", [], TINY), ("b", ["recipes/normalise_dataset"], wider)):
        run = {**paths, "output_dir": str(folder / name)}
        run_bundle("train", *recipes, **options, **run, max_epochs=2, precision="fp32")
        run_bundle("train", "evaluate", *recipes, **options, **run, bootstrap=20, precision="fp32")
    return {**paths, "output_dir": str(folder / "ensemble"), "runs": [str(folder / name) for name in "ab"]}


def evaluate_ensemble(runs: dict[str, Any], **options: Any) -> pd.DataFrame:
    paths = {key: value for key, value in runs.items() if key != "runs"}
    run_bundle(
        "train", "evaluate", "ensemble", **paths, ensemble_runs=runs["runs"], bootstrap=20, precision="fp32", **options
    )  # fmt: skip
    return pd.read_csv(Path(runs["output_dir"]) / "predictions.csv").set_index("image")


def test_ensemble_is_the_mean_of_what_its_runs_predicted(runs: dict[str, Any]) -> None:
    mixed = evaluate_ensemble(runs)
    single = [pd.read_csv(Path(run) / "predictions.csv").set_index("image") for run in runs["runs"]]
    columns = [column for column in mixed if column.startswith("prob:")]
    expected = (single[0].loc[mixed.index, columns] + single[1].loc[mixed.index, columns]) / 2
    np.testing.assert_allclose(mixed[columns], expected, atol=1e-5)
    assert (Path(runs["output_dir"]) / "report.html").is_file()
    metrics = json.loads((Path(runs["output_dir"]) / "metrics.json").read_text())
    assert "input_changes" not in metrics and "leak" not in metrics  # members have images of their own sizes


def test_fitted_weights_are_recorded(runs: dict[str, Any]) -> None:
    evaluate_ensemble(runs, ensemble_weights="fitted", ensemble_rule="vote")
    manifest = json.loads((Path(runs["output_dir"]) / "evaluation.json").read_text())
    assert manifest["ensemble_rule"] == "vote" and sum(manifest["member_weights"]) == pytest.approx(1)


def test_distinct_pixels_are_read_once_each(runs: dict[str, Any]) -> None:
    ensemble = Ensemble([*runs["runs"], runs["runs"][0]], labels=LABELS, device="cpu")
    assert [member.source for member in ensemble.members] == [0, 1, 0]
    assert [reader.image_size_px for reader in ensemble.readers] == [(24, 24), (32, 28)]


@pytest.mark.parametrize(("names", "match"), [([], "--ensemble_runs"), ("OUT", "--ensemble_runs"), (["/no"], "no run")])
def test_what_is_no_run_is_named(names: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        Ensemble(names, labels=LABELS, device="cpu")


def test_members_of_other_labels_are_refused(runs: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="the ensemble has"):
        Ensemble(runs["runs"], labels=["a"], device="cpu")
