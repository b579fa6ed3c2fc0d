"""Ids of a configuration: those that code reads by name, those that strings refer to, and unused ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

from monai.bundle.properties import InferProperties, MetaProperties, TrainProperties
from monai.bundle.utils import DEFAULT_MLFLOW_SETTINGS
from monai.utils.enums import BundlePropertyConfig

# Needed to open a run or a bundle as a model: `models.trained` reads these ids, lint requires them.
NETWORK, LABELS, TASK, READER = "network_def", "labels", "task", "reader"
NORMALISATION, POSTPROCESSING = "normalisation", "postprocessing"
MODEL_IDS = (NETWORK, LABELS, TASK, READER, NORMALISATION, POSTPROCESSING)
STEPS, CHECKPOINT = "preprocessing_steps", "checkpoint"
COMPILE = "compile"  # true, false or a mode
FOLD = "fold_batch_norm"  # runs and packages of earlier versions lack it and are not folded
DATASET_DIR, DATALIST = "dataset_dir", "datalist"
IMAGE_SIZE, INPUT_CHANNELS, NUM_CLASSES = "image_size_px", "input_channels", "num_classes"
# From a run's configuration, a package takes what makes the network and its pixels; paths and what the metadata states
# come from the bundle.
PATHS = (
    "bundle_root", DATASET_DIR, DATALIST, "output_dir", "ckpt_dir", CHECKPOINT, "store_dir", "device", "resume",
    "pretrained",
)  # fmt: skip
FROM_METADATA = (LABELS, TASK, IMAGE_SIZE, INPUT_CHANNELS)
SHARED = (
    "precision", NUM_CLASSES, STEPS, READER, NORMALISATION, "preprocessing", "networks", NETWORK, "network",
    "activations", POSTPROCESSING,
)  # fmt: skip
# Sections of named components to choose from ("@networks#resnet18"); those not chosen are unused.
BLOCKS = ("networks", "activations", "losses", "optimizers", "lr_schedulers")

# What MONAI's runner reads by name, and what `--tracking` adds.
ENTRY_IDS = ("run", "training", "evaluating", "inference", "initialize", "finalize", "imports", "bundle_root")
_SETTINGS: Any = DEFAULT_MLFLOW_SETTINGS
_PROPERTIES = {
    str(content[BundlePropertyConfig.ID])
    for properties in (TrainProperties, InferProperties, MetaProperties)
    for content in properties.values()
}
TRACKING = tuple(key for key in _SETTINGS["configs"] if key != "output_dir")
_REFERENCE = re.compile(r"@([A-Za-z_]\w*(?:(?:#|::)\w+)*)")


def walk(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield a value and everything below it, each with its id, in the order in which a file states them."""
    left = [(key, value)]
    while left:
        key, value = left.pop()
        yield key, value
        if isinstance(value, str):  # most are; the other questions take longer
            continue
        is_list = isinstance(value, (list, tuple))
        below = value.items() if isinstance(value, Mapping) else enumerate(value) if is_list else ()
        left += [(_joined(key, name), item) for name, item in below][::-1]


def strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every string below a value with its id."""
    return ((where, item) for where, item in walk(value, key) if isinstance(item, str))


def components(value: Any, key: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every component (a mapping with `_target_`) below a value with its id."""
    return ((where, item) for where, item in walk(value, key) if isinstance(item, Mapping) and "_target_" in item)


def references(text: str) -> list[str]:
    """Return the ids that a string of a configuration refers to by @ or %."""
    found = _REFERENCE.findall(text) if text.startswith(("@", "$")) else []
    macros = [text[1:]] if text.startswith("%") and ".json" not in text else []
    return [plain_id(reference) for reference in (*found, *macros)]


def plain_id(key: str) -> str:
    """Return an id as our configurations write it, with # where MONAI also writes ::."""
    return key.replace("::", "#")


def has_id(config: Any, key: str) -> bool:
    """Whether a configuration has the id `key`, such as "train#trainer#max_epochs" or "train#handlers#0"."""
    for name in key.split("#"):
        if isinstance(config, Mapping) and name in config:
            config = config[name]
        elif isinstance(config, (list, tuple)) and name.isdecimal() and int(name) < len(config):
            config = config[int(name)]
        else:
            return False
    return True


def all_ids(config: Any, key: str = "") -> list[str]:
    """Return the ids of all sections, settings and components; not of what is inside a component."""
    if not isinstance(config, Mapping) or "_target_" in config:
        return [key] if key else []
    return [*([key] if key else []), *(found for name in config for found in all_ids(config[name], _joined(key, name)))]


def unused_ids(config: Mapping[str, Any]) -> list[str]:
    """Return the ids that nothing in a configuration refers to, as a mistyped one would be.

    A section is used where something refers to it as a whole; otherwise each of its parts must be. Arguments of a
    component belong to it.
    """
    used = {reference for _, text in strings(config) for reference in references(text)}
    used |= {*ENTRY_IDS, *TRACKING, *map(plain_id, _PROPERTIES)}
    return list(_unused(config, used, {parent for reference in used for parent in _parents(reference)}))


def drop_idle_blocks(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration without the named components that nothing in it refers to, see `BLOCKS`."""
    idle = set(unused_ids(config))
    kept = {}
    for key, value in config.items():
        if key not in BLOCKS:
            kept[key] = value
        elif key not in idle:
            kept[key] = {name: item for name, item in value.items() if f"{key}#{name}" not in idle and name[0] != "_"}
    return kept


def is_block(key: str) -> bool:
    """Whether an id is that of a section of named components, or of one in it."""
    return key.split("#", maxsplit=1)[0] in BLOCKS


def _unused(section: Mapping[str, Any], used: Set[str], used_in_part: Set[str], key: str = "") -> Iterator[str]:
    for name, value in section.items():
        where = _joined(key, name)
        if str(name).startswith("_") or where in used:
            continue
        if where not in used_in_part:
            yield where
        elif isinstance(value, Mapping) and "_target_" not in value:
            yield from _unused(value, used, used_in_part, where)


def _parents(key: str) -> Iterator[str]:
    """Yield the ids of the sections that an id lies in."""
    while key := key.rpartition("#")[0]:
        yield key


def _joined(key: str, name: Any) -> str:
    return f"{key}#{name}" if key else str(name)
