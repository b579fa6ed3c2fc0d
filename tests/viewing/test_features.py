"""The features of a page are those of the model, and its score that of `radiobundle predict`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.cli import main
from radiobundle.viewing.features import compute_features, unlikeness
from radiobundle.viewing.network import NetworkInput, run_network
from radiobundle.viewing.runs import open_runs
from viewing_cases import Count


def test_features_and_score_are_those_of_predict(trained_run: dict[str, str], tmp_path: Path) -> None:
    images, output = Path(trained_run["dataset_dir"]), tmp_path / "out"
    command = ["predict", trained_run["output_dir"], str(images), "--output", str(output), "--features"]
    assert main(command) == 0
    table = pd.read_csv(output / "predictions.csv")
    with np.load(output / "features.npz") as file:
        assert file["images"].tolist() == table["image"].tolist()
        expected = file["features"]
    progress = Count()
    with run_network(open_runs([trained_run["output_dir"]])[0]) as model:
        assert model is not None and model.gaussian is not None
        paths = [images / name for name in table["image"]]
        found = compute_features(NetworkInput(model), [*paths[:3], None, *paths[3:]], progress)
        scores = unlikeness(model, found)
    assert np.isnan(found[3]).all() and progress.total == 101 and scores is not None and np.isnan(scores[3])
    np.testing.assert_allclose(np.delete(found, 3, axis=0), expected, atol=1e-5)
    np.testing.assert_allclose(np.delete(scores, 3), table["ood_score"], atol=0.051)  # one of twenty images


def test_nothing_that_can_be_read_gives_nothing(trained_run: dict[str, str], tmp_path: Path) -> None:
    with run_network(open_runs([trained_run["output_dir"]])[0]) as model:
        assert model is not None
        found = compute_features(NetworkInput(model), [None, tmp_path / "x.png"], Count())
        assert found.shape == (2, 0) and unlikeness(model, found) is None
