"""Batch normalisation measured before every validation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from bundle_runs import history, narrow_resnet, run_bundle, weights
from radiobundle.handlers import BatchNormStatistics

OPTIONS: dict[str, Any] = {
    "network_def": narrow_resnet(8, 8, 8, 8), "image_size_px": [32, 32], "batch_size": 8, "max_epochs": 2,
    "warmup_epochs": 0,
}  # fmt: skip


def test_statistics_that_are_saved_were_measured(paths: dict[str, str]) -> None:
    """The first layer's mean is that of the training images as they are, which augmentation does not reach."""
    workflow = run_bundle("train", **OPTIONS, **paths, ema_decay=0.9, batch_norm_images=10**6, precision="fp32")
    parser = workflow.parser
    evaluator, dataset = (parser.get_parsed_content(f"validate#{name}") for name in ("evaluator", "dataset"))
    trained = parser.get_parsed_content("train#dataset")
    assert len(trained) > len(dataset)
    images, _ = evaluator.prepare_batch(trained.__getitems__(range(len(trained))), "cpu", False)
    state = weights(paths, "last.pt")["average"]
    outputs = torch.nn.functional.conv2d(images, state["module.conv1.weight"], stride=2, padding=3)
    sizes = [8] * (len(trained) // 8) + [len(trained) % 8] * bool(len(trained) % 8)
    means = torch.stack([part.mean((0, 2, 3)) for part in outputs.split(sizes)])
    torch.testing.assert_close(state["module.bn1.running_mean"], means.mean(0), rtol=1e-4, atol=1e-5)


def test_validation_within_an_epoch_is_measured_too(paths: dict[str, str]) -> None:
    """An epoch has two batches; the last row within it and the validation at its end judge the same network."""
    run_bundle("train", **OPTIONS, **paths, ema_decay=0.9, batch_norm_images=10, loss_interval=1, precision="fp32")
    within = pd.read_csv(Path(paths["output_dir"]) / "losses.csv").set_index("iteration")["val_loss"]
    assert len(within) == 4
    assert within.iloc[[1, 3]].tolist() == history(paths)["val_loss"].tolist()


def test_momentum_reaches_the_trained_network(paths: dict[str, str]) -> None:
    workflow = run_bundle("train", **OPTIONS, **paths, batch_norm_momentum=0.4)
    assert workflow.parser.get_parsed_content("network").bn1.momentum == 0.4


def test_one_image_is_refused() -> None:
    with pytest.raises(ValueError, match="batch_norm_images"):
        BatchNormStatistics(validator=None, images=1)  # type: ignore[arg-type]
