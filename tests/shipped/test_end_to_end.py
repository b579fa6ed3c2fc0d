"""From drawing images to a report, through the public commands; and the same with labels that mean nothing."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from bundle_runs import narrow_resnet, run_bundle
from radiobundle.cli import main

SMALL = {
    "network_def": narrow_resnet(16, 32, 64, 128),
    "image_size_px": [64, 64],
    "batch_size": 16,
    "max_epochs": 16,
    "warmup_epochs": 1,
}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom")
    assert main(["phantom", "pneumonia", str(folder / "images"), "--images", "480", "--size", "72", "--seed", "1"]) == 0
    arguments = ["--output", str(folder / "list.json"), "--split", "stratified", "--fractions", "0.5,0.2,0.3"]
    assert main(["datalist", "pneumonia", str(folder / "images"), *arguments]) == 0
    assert (
        main(["audit", str(folder / "list.json"), "--dataset-dir", str(folder / "images"), "--without-patients"]) == 0
    )
    return folder


def macro_auroc_on_test(folder: Path, datalist: Path, output: Path) -> dict[str, Any]:
    paths = {
        "dataset_dir": str(folder / "images"),
        "datalist": str(datalist),
        "output_dir": str(output),
        "store_dir": str(folder / "store"),
    }
    run_bundle("train", **SMALL, **paths)
    run_bundle("train", "evaluate", **SMALL, **paths, bootstrap=200)
    metrics = json.loads((output / "metrics.json").read_text())
    found: dict[str, Any] = metrics["splits"]["test"]["overall"]["probability"]["auroc"]
    return found


@pytest.mark.slow
def test_training_on_phantoms_is_clearly_better_than_chance(images: Path, tmp_path: Path) -> None:
    auroc = macro_auroc_on_test(images, images / "list.json", tmp_path)
    assert auroc["low"] > 0.6, auroc


@pytest.mark.slow
def test_shuffled_labels_are_not_better_than_chance(images: Path, tmp_path: Path) -> None:
    content = json.loads((images / "list.json").read_text())
    for split in ("training", "validation", "test"):
        labels = [item["label"] for item in content[split]]
        random.Random(0).shuffle(labels)
        for item, label in zip(content[split], labels, strict=True):
            item["label"] = label
    (tmp_path / "shuffled.json").write_text(json.dumps(content))
    auroc = macro_auroc_on_test(images, tmp_path / "shuffled.json", tmp_path / "out")
    assert auroc["low"] < 0.5, auroc
