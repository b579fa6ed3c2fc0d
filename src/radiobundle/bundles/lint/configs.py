"""Configurations: references and overrides that hit nothing, required ids, labels that are stated twice."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser, ReferenceResolver
from monai.bundle.properties import InferProperties, TrainProperties
from monai.bundle.utils import merge_kv
from monai.utils.enums import BundleProperty, BundlePropertyConfig

from radiobundle.bundles.lint.finding import Finding
from radiobundle.bundles.recipes import config_chain

ENTRY_IDS = ("run", "training", "evaluating", "inference", "initialize", "finalize", "imports", "bundle_root")


def check_configs(bundle: Path) -> Iterator[Finding]:
    """Yield what is wrong with each configuration and recipe, merged over what it comes after."""
    try:
        metadata = _load(bundle / "configs" / "metadata.json")
    except json.JSONDecodeError:
        return  # said by `check_metadata`
    for path in config_paths(bundle):
        name = path.relative_to(bundle).as_posix()
        try:
            chain = config_chain(bundle, path.stem)
            parser = ConfigParser({"_meta_": metadata})
            for base in chain[:-1]:
                _merge(parser, _load(base))
            overlay = _load(path)
        except (ValueError, json.JSONDecodeError) as error:
            yield Finding("error", name, "", str(error), "correct the file")
            continue
        if len(chain) > 1:
            yield from _check_overrides(parser, overlay, name)
        _merge(parser, overlay)
        yield from _check_references(parser, name)
        yield from _check_labels(metadata, overlay, name)
        yield from _check_properties(parser, path)


def config_paths(bundle: Path) -> list[Path]:
    """Return the configurations and recipes of a bundle."""
    folder = bundle / "configs"
    paths = [*sorted(folder.glob("*.json")), *sorted((folder / "recipes").glob("*.json"))]
    return [path for path in paths if path.name != "metadata.json"]


def strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every string below a value with its id."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from strings(item, f"{key}#{name}" if key else str(name))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from strings(item, f"{key}#{number}" if key else str(number))


def _load(path: Path) -> dict[str, Any]:
    return dict(ConfigParser.load_config_file(str(path))) if path.is_file() else {}


def _merge(parser: ConfigParser, overlay: Mapping[str, Any]) -> None:
    """As MONAI merges, without what it would only warn of: `_check_overrides` says that."""
    for key, value in overlay.items():
        name = key.lstrip("+")
        parent = name.rpartition("#")[0]
        if not parent or parent in parser:
            merge_kv(parser, key if name in parser else name, value)


def _check_overrides(parser: ConfigParser, overlay: Mapping[str, Any], name: str) -> Iterator[Finding]:
    used = {reference for _, text in strings({**parser.get(), **overlay}) for reference in references(text)}
    tops = {reference.split("#")[0] for reference in used} | set(ENTRY_IDS)
    for key in overlay:
        target = key.lstrip("+")
        parent = target.rpartition("#")[0]
        if key.startswith("+") and target not in parser:
            yield Finding("error", name, key, "extends nothing", _nearest(target, parser))
        elif parent and parent not in parser:
            yield Finding("error", name, key, f"there is no '{parent}' to change", _nearest(parent, parser))
        elif not parent and target not in parser and target not in tops and not target.startswith("_"):
            yield Finding("error", name, key, "nothing uses it", _nearest(target, parser))


def _check_references(parser: ConfigParser, name: str) -> Iterator[Finding]:
    config = {key: value for key, value in parser.get().items() if not key.startswith("_")}
    for key, text in strings(config):
        for reference in references(text):
            if reference not in parser:
                yield Finding("error", name, key, f"'@{reference}' refers to nothing", _nearest(reference, parser))


def references(text: str) -> list[str]:
    """Return the ids that a string of a configuration refers to by @ or %."""
    found = ReferenceResolver.match_refs_pattern(text) if "@" in text else {}
    macros = [text[1:]] if text.startswith("%") and ".json" not in text else []
    return [reference.replace("::", "#") for reference in (*found, *macros)]


def _check_labels(metadata: Mapping[str, Any], overlay: Mapping[str, Any], name: str) -> Iterator[Finding]:
    outputs = metadata.get("network_data_format", {}).get("outputs", {})
    known = [list(output.get("channel_def", {}).values()) for output in outputs.values()]
    for key, value in _lists(overlay):
        if len(value) > 1 and value in known:
            yield Finding("error", name, key, "states the labels again", "refer to the metadata's channel_def")


def _lists(value: Any, key: str = "") -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, list):
        yield key, value
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _lists(item, f"{key}#{name}" if key else str(name))


def _check_properties(parser: ConfigParser, path: Path) -> Iterator[Finding]:
    wanted: Mapping[str, Any] = {"train": TrainProperties, "inference": InferProperties}.get(path.stem, {})
    for name, content in wanted.items():
        key = content[BundleProperty.REQUIRED] and content[BundlePropertyConfig.ID].replace("::", "#")
        if key and key not in parser:
            message = f"MONAI's property '{name}' is missing"
            yield Finding("error", f"configs/{path.name}", key, message, f"define '{key}'")


def _nearest(name: str, parser: ConfigParser) -> str:
    near = difflib.get_close_matches(name, _ids(parser.get()), n=1)
    return f"did you mean '{near[0]}'?" if near else "remove it, or define it"


def _ids(value: Any, key: str = "", depth: int = 4) -> list[str]:
    if not isinstance(value, Mapping) or not depth:
        return [key]
    below = [_ids(item, f"{key}#{name}" if key else str(name), depth - 1) for name, item in value.items()]
    return [*([key] if key else []), *(name for names in below for name in names)]
