"""The ChestX-ray14 bundle on real images, through the public commands, in a few seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bundle_runs import CHESTXRAY14, run_bundle
from radiobundle.cli import main


@pytest.fixture(scope="module")
def paths(real_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The official split of the images that are there, cut to 200 for training."""
    folder = tmp_path_factory.mktemp("real")
    nih = real_data_dir / "nih_chestxray14"
    options = ("--split", "official", "--missing-images", "skip", "--duplicates", "none")
    assert main(["datalist", "chestxray14", str(nih), "--output", str(folder / "list.json"), *options]) == 0
    datalist = json.loads((folder / "list.json").read_text())
    datalist["training"] = datalist["training"][:200]
    (folder / "list.json").write_text(json.dumps(datalist))
    return {
        "dataset_dir": str(nih),
        "datalist": str(folder / "list.json"),
        "store_dir": str(folder / "store"),
        "output_dir": str(folder / "run"),
        "image_size_px": [64, 64],
    }


@pytest.mark.real_data
@pytest.mark.slow
def test_real_images_are_trained_on_evaluated_and_localised(paths: dict[str, Any]) -> None:
    run_bundle("train", "recipes/resnet18", "recipes/weighted_bce", bundle=CHESTXRAY14, **paths, max_epochs=1)
    evaluate = ("train", "evaluate", "recipes/resnet18", "recipes/weighted_bce", "recipes/localise")
    run_bundle(*evaluate, bundle=CHESTXRAY14, **paths, bootstrap=50)
    output = Path(paths["output_dir"])
    assert len(pd.read_csv(output / "localisation.csv")) == 27
    predictions = pd.read_csv(output / "predictions.csv", dtype={"patient_id": str})
    assert predictions["split"].value_counts().to_dict() == {"validation": 129, "test": 25}
    assert (predictions.groupby("patient_id")["split"].nunique() == 1).all()
    overall = json.loads((output / "metrics.json").read_text())["splits"]["test"]["overall"]
    assert overall["probability"]["auroc"]["classes"] == 12  # two findings are on none of the 25 images
