"""From a trained run and its bundle to configurations that need no recipe: what the run was becomes the default."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from monai.bundle.utils import DEFAULT_MLFLOW_SETTINGS

from radiobundle.authoring.lint.configs import references, strings

PATHS = (
    "bundle_root", "dataset_dir", "datalist", "output_dir", "ckpt_dir", "checkpoint", "store_dir", "device", "resume",
    "pretrained",
)  # fmt: skip
FROM_METADATA = ("labels", "task", "image_size_px", "input_channels")
SHARED = (
    "precision", "num_classes", "preprocessing_steps", "reader", "normalisation", "network_def",
    "network", "postprocessing",
)  # fmt: skip
Config = dict[str, Any]
_SETTINGS: Config = DEFAULT_MLFLOW_SETTINGS
TRACKING = tuple(key for key in _SETTINGS["configs"] if key != "output_dir")  # of `--tracking mlflow`


def freeze_train(run: Mapping[str, Any], train: Mapping[str, Any]) -> Config:
    """Return the run's merged configuration with the bundle's own paths, and what metadata states left to it.

    Args:
        run: merged configuration of a training (`config` of run.json).
        train: the bundle's `train.json`.
    """
    frozen = {key: _untracked(value) for key, value in run.items() if not key.startswith("_") and key not in TRACKING}
    return {**frozen, **{key: train[key] for key in (*PATHS, *FROM_METADATA) if key in train}}


def _untracked(value: Any) -> Any:
    """Return a part of a configuration without the handlers that `--tracking mlflow` added."""
    if isinstance(value, Mapping):
        return {key: _untracked(item) for key, item in value.items()}
    if isinstance(value, list):
        added = [isinstance(item, Mapping) and item.get("_target_") == "MLFlowHandler" for item in value]
        return [_untracked(item) for item, is_added in zip(value, added, strict=True) if not is_added]
    return value


def freeze_network(run: Mapping[str, Any], config: Mapping[str, Any]) -> Config:
    """Return a bundle's configuration with the run's pixels and network, and whatever ids of the run these refer to.

    Args:
        run: merged configuration of a training, or of a cascade that was evaluated.
        config: the bundle's `inference.json`; of a cascade, which was not trained as one, also its `train.json`.
    """
    frozen = copy.deepcopy(dict(config))
    waiting = [key for key in SHARED if key in run]
    while waiting:
        key = waiting.pop()
        frozen[key] = run[key]
        named = {name.split("#")[0] for _, text in strings(run[key]) for name in references(text)}
        waiting += [name for name in named if name not in frozen and name in run]
    return frozen


def freeze_metadata(metadata: Mapping[str, Any], run: Mapping[str, Any], found: Mapping[str, Any]) -> Config:
    """Return the metadata with the run's labels, image size and channels, and the facts that were found about it.

    Args:
        metadata: of the bundle.
        run: merged configuration of the training.
        found: further top-level fields, such as `eval_metrics`.
    """
    frozen = copy.deepcopy(dict(metadata))
    image = frozen["network_data_format"]["inputs"]["image"]
    pred = frozen["network_data_format"]["outputs"]["pred"]
    if isinstance(run["image_size_px"], list):
        image["spatial_shape"] = run["image_size_px"]
    if isinstance(run["input_channels"], int):
        image["num_channels"] = run["input_channels"]
        image["channel_def"] = {str(index): f"radiograph {index}" for index in range(run["input_channels"])}
    if isinstance(run["labels"], list):
        pred["num_channels"] = len(run["labels"])
        pred["channel_def"] = {str(index): label for index, label in enumerate(run["labels"])}
    return {**frozen, **found}
