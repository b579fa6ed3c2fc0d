"""An image and its mirror image are judged together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from monai.inferers import SimpleInferer

from bundle_runs import TINY, run_bundle
from radiobundle.training import MirroredInferer


def test_logits_are_the_mean_of_both() -> None:
    images = torch.rand(2, 1, 4, 6)
    weights = torch.rand(6, 3)

    def network(inputs: torch.Tensor) -> torch.Tensor:
        return inputs.mean(dim=(1, 2)) @ weights

    found = MirroredInferer(SimpleInferer())(images, network)
    torch.testing.assert_close(found, (network(images) + network(images.flip(-1))) / 2)
    torch.testing.assert_close(found, MirroredInferer(SimpleInferer())(images.flip(-1), network))


def test_the_recipe_leaves_the_run_alone(paths: dict[str, str], tmp_path: Path) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=1)
    plain = {"bootstrap": 0, "report": False, "report_parts": []}
    run_bundle("train", "evaluate", **TINY, **paths, **plain)
    before = pd.read_csv(Path(paths["output_dir"]) / "predictions.csv")
    elsewhere = {**paths, "output_dir": str(tmp_path / "mirrored")}
    checkpoint = str(Path(paths["output_dir"]) / "models/model.pt")
    run_bundle("train", "evaluate", "recipes/mirrored", **TINY, **elsewhere, **plain, checkpoint=checkpoint)
    mirrored = pd.read_csv(tmp_path / "mirrored/predictions.csv")
    assert list(mirrored["image"]) == list(before["image"])
    assert not np.allclose(mirrored["prob:covid"], before["prob:covid"], atol=1e-6)
    pd.testing.assert_frame_equal(pd.read_csv(Path(paths["output_dir"]) / "predictions.csv"), before)
