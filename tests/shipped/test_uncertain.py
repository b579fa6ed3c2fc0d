"""Uncertain labels through the bundle chexpert: self-training, and a class of their own, as far as the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bundle_runs import CHEXPERT, run_bundle
from processes import linted_at_once
from radiobundle.cli import main

pytestmark = pytest.mark.slow
SIMPLE = {"_target_": "radiobundle.networks.SimpleCNN", "in_channels": "@input_channels", "num_classes": "@num_classes"}
SMALL: dict[str, Any] = {"image_size_px": [32, 32], "batch_size": 16}


def make_list(folder: str, output: Path, *options: str) -> dict[str, Any]:
    assert main(["datalist", "chexpert", folder, "--output", str(output), "--duplicates", "none", *options]) == 0
    content: dict[str, Any] = json.loads(output.read_text())
    return content


def test_run_fills_in_all_labels_that_are_taught(chexpert_list: dict[str, str], tmp_path: Path) -> None:
    folder = chexpert_list["dataset_dir"]
    before = make_list(folder, tmp_path / "ignore.json", "--hierarchy", "chexpert")
    paths = {**chexpert_list, "datalist": str(tmp_path / "ignore.json"), "output_dir": str(tmp_path / "run")}
    run_bundle("train", bundle=CHEXPERT, **SMALL, **paths, network_def=SIMPLE, max_epochs=1)
    run_bundle("inference", bundle=CHEXPERT, **SMALL, **paths, network_def=SIMPLE)
    predictions = tmp_path / "run" / "inference" / "predictions.csv"
    asked = ["--uncertain", "self-trained", "--predictions", str(predictions), "--hierarchy", "chexpert"]
    after = make_list(folder, tmp_path / "self.json", *asked)
    table = pd.read_csv(predictions).set_index("image")
    values = table[[f"prob:{label}" for label in after["labels"]]]
    for old, new in zip(before["training"], after["training"], strict=True):
        assert old["image"] == new["image"]
        for label, (was, now) in enumerate(zip(old["label"], new["label"], strict=True)):
            expected = round(values.loc[new["image"]].iloc[label], 4) if was == -1 else was
            assert now == pytest.approx(expected, abs=1e-9)
    assert [item["label"] for item in before["test"]] == [item["label"] for item in after["test"]]


def test_run_of_three_outputs_a_label_packages_and_predicts_the_same(
    chexpert_list: dict[str, str], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    paths = {**chexpert_list, "output_dir": str(run), "wrapped_network": SIMPLE}
    run_bundle("train", "recipes/multiclass", bundle=CHEXPERT, **SMALL, **paths, max_epochs=1)
    run_bundle("train", "evaluate", "recipes/multiclass", bundle=CHEXPERT, **SMALL, **paths, bootstrap=20)
    package = tmp_path / "chexpert.zip"
    with linted_at_once():
        assert main(["package", str(CHEXPERT), "--run", str(run), "--output", str(package)]) == 0
    answers = []
    for model in (run, package):
        output = tmp_path / f"answers of {model.name}"
        assert main(["predict", str(model), chexpert_list["dataset_dir"], "--output", str(output)]) == 0
        answers.append(pd.read_csv(output / "predictions.csv").set_index("image").filter(like="prob:"))
    assert answers[0].shape == (100, 5)
    np.testing.assert_allclose(answers[0], answers[1].loc[answers[0].index], atol=1e-6)
