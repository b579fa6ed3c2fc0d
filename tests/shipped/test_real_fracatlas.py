"""The bundle fracatlas on real radiographs: trained, evaluated, its mistakes and places looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bundle_runs import FRACATLAS, run_bundle
from radiobundle.cli import main

pytestmark = [pytest.mark.real_data, pytest.mark.slow]
SMALL: dict[str, Any] = {
    "network_def": {"_target_": "radiobundle.networks.SimpleCNN", "in_channels": "@input_channels",
                    "num_classes": "@num_classes"},
    "image_size_px": 48, "learning_rate": 0.003,
}  # fmt: skip


@pytest.fixture(scope="module")
def run(real_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("fracatlas")
    dataset, datalist = str(real_data_dir / "fracatlas"), str(folder / "list.json")
    assert main(["datalist", "fracatlas", dataset, "--output", datalist, "--duplicates", "none"]) == 0
    paths = {"dataset_dir": dataset, "datalist": datalist, "output_dir": str(folder / "run"),
             "store_dir": str(folder / "store")}  # fmt: skip
    run_bundle("train", bundle=FRACATLAS, **SMALL, **paths, max_epochs=6)
    run_bundle("train", "evaluate", bundle=FRACATLAS, **SMALL, **paths, bootstrap=50)
    return paths


def test_a_small_network_tells_limbs_apart_better_than_chance(run: dict[str, str]) -> None:
    overall = json.loads((Path(run["output_dir"]) / "metrics.json").read_text())["splits"]["test"]["overall"]
    assert overall["probability"]["auroc"]["low"] > 0.7


def test_mistakes_name_real_files(run: dict[str, str]) -> None:
    mistakes = pd.read_csv(Path(run["output_dir"]) / "mistakes.csv")
    assert len(mistakes) > 0
    assert all((Path(run["dataset_dir"]) / name).is_file() for name in mistakes["image"])


def test_run_explains_real_radiographs_on_their_own_pixels(run: dict[str, str], tmp_path: Path) -> None:
    images = sorted(map(str, (Path(run["dataset_dir"]) / "images").glob("*.jpg")))[:2]
    asked = ["explain", run["output_dir"], *images, "--output", str(tmp_path / "maps"), "--method", "gradcam"]
    assert main(asked) == 0
    table = pd.read_csv(tmp_path / "maps" / "explain.csv")
    assert set(table["label"]) <= {"hand", "leg", "hip", "shoulder"} and len(table) == 2
