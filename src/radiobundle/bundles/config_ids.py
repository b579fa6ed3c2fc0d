"""Ids of a configuration: what its strings refer to, and which of its parts nothing refers to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from monai.bundle.properties import InferProperties, MetaProperties, TrainProperties
from monai.bundle.utils import DEFAULT_MLFLOW_SETTINGS
from monai.utils.enums import BundlePropertyConfig

# What MONAI's runner reads by name, and what `--tracking` adds.
ENTRY_IDS = ("run", "training", "evaluating", "inference", "initialize", "finalize", "imports", "bundle_root")
_SETTINGS: Any = DEFAULT_MLFLOW_SETTINGS
_PROPERTIES = {
    str(content[BundlePropertyConfig.ID]).replace("::", "#")
    for properties in (TrainProperties, InferProperties, MetaProperties)
    for content in properties.values()
}
TRACKING = tuple(key for key in _SETTINGS["configs"] if key != "output_dir")
_REFERENCE = re.compile(r"@([A-Za-z_]\w*(?:(?:#|::)\w+)*)")


def strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every string below a value with its id."""
    if isinstance(value, str):
        yield key, value
    for name, item in _below(value):
        yield from strings(item, _joined(key, name))


def components(value: Any, key: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every component (a mapping with `_target_`) below a value with its id."""
    if isinstance(value, Mapping) and "_target_" in value:
        yield key, value
    for name, item in _below(value):
        yield from components(item, _joined(key, name))


def references(text: str) -> list[str]:
    """Return the ids that a string of a configuration refers to by @ or %."""
    found = _REFERENCE.findall(text) if text.startswith(("@", "$")) else []
    macros = [text[1:]] if text.startswith("%") and ".json" not in text else []
    return [reference.replace("::", "#") for reference in (*found, *macros)]


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
    used |= {*ENTRY_IDS, *TRACKING, *_PROPERTIES}
    return list(_unused(config, used))


def _unused(section: Mapping[str, Any], used: Collection[str], key: str = "") -> Iterator[str]:
    for name, value in section.items():
        where = _joined(key, name)
        if str(name).startswith("_") or where in used:
            continue
        is_used_in_part = any(reference.startswith(f"{where}#") for reference in used)
        if not is_used_in_part:
            yield where
        elif isinstance(value, Mapping) and "_target_" not in value:
            yield from _unused(value, used, where)


def _below(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, (list, tuple)):
        yield from enumerate(value)


def _joined(key: str, name: Any) -> str:
    return f"{key}#{name}" if key else str(name)
