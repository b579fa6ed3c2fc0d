"""Weights that a run starts from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bundle_runs import TINY, run_bundle


def test_pretrained_weights_start_a_run_but_not_a_resumed_one(paths: dict[str, str]) -> None:
    resnet = {
        **{key: value for key, value in TINY.items() if key != "network_def"},
        "learning_rate": 0.0,
        "weight_decay": 0.0,
    }
    first = {**paths, "output_dir": paths["output_dir"] + "-first"}
    run_bundle("train", **resnet, **first, max_epochs=1, seed=1)
    source = Path(first["output_dir"]) / "models" / "model.pt"
    run_bundle("train", **resnet, **paths, max_epochs=1, pretrained=str(source))
    loaded = torch.load(Path(paths["output_dir"]) / "models" / "model.pt", weights_only=True)
    original = torch.load(source, weights_only=True)
    torch.testing.assert_close(loaded["layer4.0.conv1.weight"], original["layer4.0.conv1.weight"])
    run_bundle("train", **resnet, **paths, max_epochs=2, pretrained="/no/such/file", resume=True)
    with pytest.raises(RuntimeError) as caught:
        run_bundle("train", **resnet, **paths, max_epochs=1, pretrained="/no/such/file")
    assert "/no/such/file: no such file; name a state dict with --pretrained FILE" in str(caught.value.__cause__)
