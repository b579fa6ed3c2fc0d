"""A trained network from its run's folder."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from bundle_runs import TINY, run_bundle
from radiobundle.models.trained import load_model
from radiobundle.networks.features import FeatureTap
from radiobundle.training import AutocastInferer


def test_weights_that_were_kept_elsewhere_are_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"config": {"ckpt_dir": "/data/weights"}}))
    with pytest.raises(ValueError, match=r"model\.pt: not found; the run kept its weights in /data/weights"):
        load_model(tmp_path)


def test_evaluation_of_an_ensemble_is_no_model_and_says_whose_is(tmp_path: Path) -> None:
    (tmp_path / "evaluation.json").write_text("{}")
    with pytest.raises(ValueError, match="as of an ensemble; give the output folder of a member"):
        load_model(tmp_path)


def test_features_are_what_the_last_layer_is_given(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=1)
    model = load_model(paths["output_dir"], precision="fp32")
    pixels = np.stack([model.reader(path) for path in sorted(Path(paths["dataset_dir"]).iterdir())[:3]])
    features = model.features(pixels)
    last = [module for module in model.network.modules() if isinstance(module, torch.nn.Linear)][-1]
    assert (features.shape, features.dtype) == ((3, last.in_features), np.float32)
    probabilities = last(torch.from_numpy(features)).softmax(1).detach()
    np.testing.assert_allclose(model.answer(pixels).probabilities, probabilities, atol=1e-6)
    assert not last._forward_pre_hooks  # the network is left as it was


def test_run_of_an_earlier_version_predicts_without_folding(paths: dict[str, str]) -> None:
    run_bundle("train", **{**TINY, "network_def": "@networks#resnet18"}, **paths, max_epochs=1)
    record = Path(paths["output_dir"]) / "run.json"
    content = json.loads(record.read_text())
    assert content["config"].pop("fold_batch_norm") is True
    now = load_model(paths["output_dir"], precision="bf16")
    record.write_text(json.dumps(content))
    before = load_model(paths["output_dir"], precision="bf16")
    pixels = np.stack([before.reader(path) for path in sorted(Path(paths["dataset_dir"]).iterdir())[:3]])
    plain = AutocastInferer("cpu", "bf16")(before.normalise(pixels), before.network)
    expected = before.activation({"pred": plain})["pred"].double().numpy()
    np.testing.assert_array_equal(before.answer(pixels).probabilities, expected)
    assert (now.infer.folds, before.infer.folds) == (True, False)
    assert not np.array_equal(now.answer(pixels).probabilities, expected)
    np.testing.assert_allclose(now.answer(pixels).probabilities, expected, atol=0.02)


def test_distance_is_computed_by_pytorch_whose_threads_are_ours_to_divide(paths: dict[str, str]) -> None:
    """Threads of NumPy's own would wait busily on the cores that PyTorch's need."""

    class Watched:
        def distance(self, features: torch.Tensor) -> torch.Tensor:
            assert isinstance(features, torch.Tensor)
            return features.sum(1)

    run_bundle("train", **TINY, **paths, max_epochs=1)
    model = load_model(paths["output_dir"])
    model = dataclasses.replace(model, gaussian=cast("Any", Watched()), tap=FeatureTap(model.network))
    pixels = np.zeros((1, 1, 24, 24), np.uint8)
    np.testing.assert_allclose(model.answer(pixels).distances, model.features(pixels).sum(1), rtol=1e-5)
