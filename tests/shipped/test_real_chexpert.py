"""The bundle chexpert on real images: ChestX-ray14's in CheXpert's own layout, and merged with the phantom."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bundle_runs import CHEXPERT, blank_figures, run_bundle
from nih_as_chexpert import write_as_chexpert
from radiobundle.cli import main
from radiobundle.sources.chexpert_labels import COMPETITION

pytestmark = [pytest.mark.real_data, pytest.mark.slow]
SMALL: dict[str, Any] = {
    "network_def": {"_target_": "radiobundle.networks.SimpleCNN", "in_channels": "@input_channels",
                    "num_classes": "@num_classes"},
    "image_size_px": [64, 64],
}  # fmt: skip


@pytest.fixture(scope="module")
def nih(real_data_dir: Path) -> Path:
    return real_data_dir / "nih_chestxray14"


@pytest.fixture(scope="module")
def nih_table(nih: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows of the images that are there; the whole table takes long to read."""
    wanted = {"Image Index", *(image.name for image in (nih / "images").iterdir())}
    path = tmp_path_factory.mktemp("nih") / "table.csv"
    with gzip.open(nih / "Data_Entry_2017_v2020.csv.gz", "rt") as whole, path.open("w") as table:
        table.writelines(line for line in whole if line.partition(",")[0] in wanted)
    return path


@pytest.fixture(scope="module")
def layout(nih: Path, nih_table: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("nih as chexpert")
    return folder, write_as_chexpert(nih, folder, csv=nih_table, uncertain=0.4)


def make_list(folder: Path, output: Path, *options: str) -> dict[str, Any]:
    asked = ["datalist", "chexpert", str(folder), "--output", str(output), "--split", "given", "--duplicates", "none"]
    assert main([*asked, *options]) == 0
    content: dict[str, Any] = json.loads(output.read_text())
    return content


def test_labels_that_are_not_uncertain_are_the_truth(layout: tuple[Path, pd.DataFrame], tmp_path: Path) -> None:
    folder, written = layout
    content = make_list(folder, tmp_path / "list.json")
    assert [len(content[split]) for split in ("training", "validation", "test")] == [
        (written["part"] == part).sum() for part in ("train", "valid", "test")
    ]
    labels = np.array([item["label"] for item in content["training"]])
    expected = written[written["part"] == "train"][list(COMPETITION)].to_numpy(dtype=float)
    np.testing.assert_array_equal(labels, expected)
    assert (labels == -1).any(axis=0).all()


def test_run_teaches_its_uncertain_labels_to_the_next(layout: tuple[Path, pd.DataFrame], tmp_path: Path) -> None:
    folder, _ = layout
    ignored, paths = tmp_path / "ignore.json", {"dataset_dir": str(folder), "store_dir": str(tmp_path / "store")}
    before = make_list(folder, ignored)
    teacher = {**paths, "datalist": str(ignored), "output_dir": str(tmp_path / "teacher")}
    run_bundle("train", bundle=CHEXPERT, **SMALL, **teacher, max_epochs=1)
    run_bundle("train", "evaluate", bundle=CHEXPERT, **SMALL, **teacher, bootstrap=20, by="study")
    metrics = json.loads((tmp_path / "teacher" / "metrics.json").read_text())
    assert metrics["judged"]["by"] == "study"
    run_bundle("inference", bundle=CHEXPERT, **SMALL, **teacher)
    predictions = tmp_path / "teacher" / "inference" / "predictions.csv"
    options = ["--uncertain", "Consolidation=self-trained,*=ignore", "--predictions", str(predictions)]
    after = make_list(folder, tmp_path / "self.json", *options)
    at = COMPETITION.index("Consolidation")
    soft = [item["label"][at] for item in after["training"] if 0 < item["label"][at] < 1]
    assert len(soft) == sum(item["label"][at] == -1 for item in before["training"]) > 30
    assert after["validation"] == before["validation"] and after["test"] == before["test"]
    assert after["provenance"]["self_trained"]["labels"] == len(soft)
    student = {**paths, "datalist": str(tmp_path / "self.json"), "output_dir": str(tmp_path / "student")}
    run_bundle("train", bundle=CHEXPERT, **SMALL, **student, max_epochs=1)
    assert np.isfinite(pd.read_csv(tmp_path / "student" / "history.csv")["train_loss"]).all()


def test_real_images_and_the_phantom_train_evaluate_and_report_together(
    nih: Path, nih_table: Path, chexpert_list: dict[str, str], tmp_path: Path
) -> None:
    real, merged = tmp_path / "nih.json", tmp_path / "merged.json"
    asked = ["datalist", "chestxray14", str(nih), "--csv", str(nih_table), "--output", str(real)]
    assert main([*asked, "--duplicates", "none"]) == 0
    folders = {"chestxray14": str(nih), "chexpert": chexpert_list["dataset_dir"]}
    named = [part for name, folder in folders.items() for part in ("--dataset-dir", f"{name}={folder}")]
    assert main(["datalist", "merge", str(real), chexpert_list["datalist"], "--output", str(merged), *named]) == 0
    paths = {"dataset_dir": folders, "datalist": str(merged), "output_dir": str(tmp_path / "out"),
             "store_dir": str(tmp_path / "store")}  # fmt: skip
    run_bundle("train", bundle=CHEXPERT, **SMALL, **paths, max_epochs=1)
    run_bundle("train", "evaluate", bundle=CHEXPERT, **SMALL, **paths, bootstrap=50)
    report = tmp_path / "report"
    options = ["--groups", "source", "--bootstrap", "50"]
    with blank_figures():
        assert main(["report", str(tmp_path / "out" / "predictions.csv"), "--output", str(report), *options]) == 0
    groups = json.loads((report / "metrics.json").read_text())["groups"]["source"]
    assert set(groups["groups"]) == set(folders)
