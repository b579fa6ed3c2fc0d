"""Turn a trained run and its bundle into configurations without recipes, whose defaults are the run's settings."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from monai.bundle import ConfigParser

from radiobundle.bundles import config_ids as ids
from radiobundle.images.size import height_and_width
from radiobundle.labels import TASKS, channel_names

Config = dict[str, Any]


def freeze_train(run: Mapping[str, Any], train: Mapping[str, Any]) -> Config:
    """Return the run's merged configuration with the bundle's own paths, still referring to the metadata.

    Args:
        run: merged configuration of a training (`config` of run.json).
        train: the bundle's `train.json`.
    """
    frozen = {
        key: _untracked(value) for key, value in run.items() if not key.startswith("_") and key not in ids.TRACKING
    }
    return ids.drop_idle_blocks(
        {**frozen, **{key: train[key] for key in (*ids.PATHS, *ids.FROM_METADATA) if key in train}}
    )


def _untracked(value: Any) -> Any:
    """Return a part of a configuration without the handlers that `--tracking mlflow` added."""
    if isinstance(value, Mapping):
        return {key: _untracked(item) for key, item in value.items()}
    if isinstance(value, list):
        added = [isinstance(item, Mapping) and item.get("_target_") == "MLFlowHandler" for item in value]
        return [_untracked(item) for item, is_added in zip(value, added, strict=True) if not is_added]
    return value


def freeze_network(run: Mapping[str, Any], config: Mapping[str, Any]) -> Config:
    """Return a bundle's configuration with the run's preprocessing and network, and the ids that these refer to.

    Args:
        run: merged configuration of a training, or of several that were joined and evaluated.
        config: the bundle's `inference.json`; for a joined run, which was not trained as one, also its `train.json`.
    """
    frozen = copy.deepcopy(dict(config))
    waiting = [key for key in ids.SHARED if key in run]
    if ids.FOLD in frozen:
        frozen[ids.FOLD] = False
        if ids.FOLD in run:
            waiting.append(ids.FOLD)
    while waiting:
        key = waiting.pop()
        frozen[key] = run[key]
        named = {name.split("#")[0] for _, text in ids.strings(run[key]) for name in ids.references(text)}
        waiting += [name for name in named if name not in frozen and name in run]
    return ids.drop_idle_blocks(frozen)


def state_sizes(config: Mapping[str, Any], metadata: Mapping[str, Any]) -> Config:
    """Return a configuration with the sizes its network is built with, for programs that do not read metadata.

    MONAI Deploy's classification operator is one.
    """
    formats = metadata["network_data_format"]
    image, pred = formats["inputs"]["image"], formats["outputs"]["pred"]
    sizes = {ids.IMAGE_SIZE: image["spatial_shape"], ids.INPUT_CHANNELS: image["num_channels"]}
    if not isinstance(config[ids.NUM_CLASSES], int):  # a joined run states that of its parts
        stated = {ids.NUM_CLASSES: config[ids.NUM_CLASSES], ids.LABELS: channel_names(pred["channel_def"])}
        sizes[ids.NUM_CLASSES] = ConfigParser(stated).get_parsed_content(ids.NUM_CLASSES)
    return {**config, **sizes}


def freeze_metadata(metadata: Mapping[str, Any], run: Mapping[str, Any], found: Mapping[str, Any]) -> Config:
    """Return the metadata with the run's labels, task, image size and channels, and further fields.

    Args:
        metadata: metadata of the bundle.
        run: merged configuration of the training.
        found: further top-level fields, such as `eval_metrics`.
    """
    frozen = copy.deepcopy(dict(metadata))
    image = frozen["network_data_format"]["inputs"]["image"]
    pred = frozen["network_data_format"]["outputs"]["pred"]
    if isinstance(run[ids.IMAGE_SIZE], (int, list)):
        image["spatial_shape"] = list(height_and_width(run[ids.IMAGE_SIZE]))
    if isinstance(run[ids.INPUT_CHANNELS], int):
        image["num_channels"] = run[ids.INPUT_CHANNELS]
        image["channel_def"] = {str(index): f"radiograph {index}" for index in range(run[ids.INPUT_CHANNELS])}
    if run[ids.TASK] in TASKS:
        frozen["label_task"] = run[ids.TASK]
    if isinstance(run[ids.LABELS], list):
        pred["num_channels"] = len(run[ids.LABELS])
        pred["channel_def"] = {str(index): label for index, label in enumerate(run[ids.LABELS])}
    return {**frozen, **found}
