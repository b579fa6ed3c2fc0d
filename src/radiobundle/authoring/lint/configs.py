"""Configurations: references and overrides without a target, required ids, labels that are stated twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser
from monai.bundle.properties import InferProperties, TrainProperties
from monai.bundle.utils import merge_kv
from monai.utils.enums import BundleProperty, BundlePropertyConfig

from radiobundle.authoring.lint.finding import Finding
from radiobundle.authoring.lint.metadata import tensors
from radiobundle.authoring.render import AUTHORED_CONFIG, read_authored, shared_recipes
from radiobundle.bundles import config_ids as ids
from radiobundle.bundles.integrity import METADATA
from radiobundle.bundles.recipes import SUFFIXES, config_chain, load_config
from radiobundle.bundles.running import suggest_id, unknown_ids
from radiobundle.labels import channel_names
from radiobundle.suggest import did_you_mean


def check_configs(bundle: Path) -> Iterator[Finding]:
    """Yield what is wrong with each configuration and recipe, merged over what it comes after."""
    try:
        metadata = load_config(bundle / METADATA)
    except ValueError:
        return  # said by `check_metadata` or `check_files`
    yield from _check_authored(bundle)
    for path in config_paths(bundle):
        name = path.relative_to(bundle).as_posix()
        try:
            chain = config_chain(bundle, path.stem)
            parser = ConfigParser({"_meta_": metadata})
            for base in chain[:-1]:
                _merge(parser, load_config(base))
            overlay = load_config(path)
        except ValueError as error:
            yield Finding("error", name, "", str(error).replace(f"{path}: ", ""), "correct the file")
            continue
        idle = set(_unknown(parser))
        if len(chain) > 1:
            yield from _check_overrides(parser, overlay, name)
        _merge(parser, overlay)
        is_ours = len(chain) > 1 or _is_ours(bundle)  # others may have their reasons
        for key in _unknown(parser):
            if key not in idle:
                fix = suggest_id(key, parser.get()).removeprefix("; ")
                yield Finding("error" if is_ours else "warning", name, key, "nothing uses it", fix)
        yield from _check_references(parser, name)
        yield from _check_labels(metadata, overlay, name)
        yield from _check_properties(parser, path)
        if path.stem == "inference" and _is_ours(bundle):
            yield from _check_model(parser, name)


def _is_ours(bundle: Path) -> bool:
    """Whether a bundle was rendered or packaged by radiobundle."""
    return (bundle / AUTHORED_CONFIG).is_file() or (bundle / "radiobundle").is_dir()


def _check_authored(bundle: Path) -> Iterator[Finding]:
    if (bundle / AUTHORED_CONFIG).is_file():
        try:
            shared_recipes(read_authored(bundle))
        except ValueError as error:
            yield Finding(
                "error", AUTHORED_CONFIG, "", str(error).removeprefix(f"{AUTHORED_CONFIG}: "), "correct the file"
            )


def config_paths(bundle: Path) -> list[Path]:
    """Return the configurations and recipes of a bundle."""
    folders = (bundle / "configs", bundle / "configs" / "recipes")
    paths = [path for folder in folders for path in sorted(folder.glob("*")) if path.suffix in SUFFIXES]
    return [path for path in paths if path.name != "metadata.json"]


def code_paths(bundle: Path) -> list[Path]:
    """Return every file below `configs` that MONAI could be given, the metadata included."""
    return sorted(path for path in (bundle / "configs").rglob("*") if path.suffix in SUFFIXES and path.is_file())


def _merge(parser: ConfigParser, overlay: Mapping[str, Any]) -> None:
    """As MONAI merges, without what it would only warn of: `_check_overrides` says that."""
    for key, value in overlay.items():
        name = key.lstrip("+")
        parent = name.rpartition("#")[0]
        if not parent or isinstance(parser.get(parent), (dict, list)):
            merge_kv(parser, key if ids.has_id(parser.get(), name) else name, value)


def _check_overrides(parser: ConfigParser, overlay: Mapping[str, Any], name: str) -> Iterator[Finding]:
    for key in overlay:
        target = key.lstrip("+")
        parent = target.rpartition("#")[0]
        if key.startswith("+") and not ids.has_id(parser.get(), target):
            yield Finding("error", name, key, "extends nothing", _nearest(target, parser))
        elif parent and not ids.has_id(parser.get(), parent):
            yield Finding("error", name, key, f"there is no '{parent}' to change", _nearest(parent, parser))
        elif parent and not isinstance(parser.get(parent), (dict, list)):
            yield Finding("error", name, key, f"'{parent}' is {parser.get(parent)!r}", "change what it refers to")


def _check_references(parser: ConfigParser, name: str) -> Iterator[Finding]:
    config = {key: value for key, value in parser.get().items() if not key.startswith("_")}
    for key, text in ids.strings(config):
        for reference in ids.references(text):
            if not ids.has_id(parser.get(), reference):
                yield Finding("error", name, key, f"'@{reference}' refers to nothing", _nearest(reference, parser))


def _unknown(parser: ConfigParser) -> list[str]:
    return unknown_ids({key: value for key, value in parser.get().items() if not key.startswith("_")})


def _check_labels(metadata: Mapping[str, Any], overlay: Mapping[str, Any], name: str) -> Iterator[Finding]:
    outputs = [tensor for key, tensor in tensors(metadata) if "#outputs#" in key]
    try:
        known = [channel_names(output["channel_def"]) for output in outputs if "channel_def" in output]
    except ValueError:
        return  # said by `check_metadata`
    for key, value in ids.walk(overlay):
        if isinstance(value, list) and len(value) > 1 and value in known:
            yield Finding("error", name, key, "repeats the labels", "refer to the metadata's channel_def")


def _check_properties(parser: ConfigParser, path: Path) -> Iterator[Finding]:
    wanted: Mapping[str, Any] = {"train": TrainProperties, "inference": InferProperties}.get(path.stem, {})
    for name, content in wanted.items():
        key = ids.plain_id(content[BundlePropertyConfig.ID])
        if content[BundleProperty.REQUIRED] and not ids.has_id(parser.get(), key):
            message = f"MONAI's property '{name}' is missing"
            yield Finding("error", f"configs/{path.name}", key, message, f"define '{key}'")


def _check_model(parser: ConfigParser, name: str) -> Iterator[Finding]:
    """Yield ids that radiobundle itself reads, to predict and to package, and that are not there."""
    for key in (*ids.MODEL_IDS, ids.STEPS, ids.CHECKPOINT):
        if not ids.has_id(parser.get(), key):
            yield Finding("error", name, key, "radiobundle reads it to predict, and it is missing", f"define '{key}'")


def _nearest(name: str, parser: ConfigParser) -> str:
    return did_you_mean(name, ids.all_ids(parser.get())).removeprefix("; ") or "remove it, or define it"
