"""What the run of evaluated weights says: how its images were prepared, and on which of them it was trained."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser

from radiobundle.bundles.config_ids import NORMALISATION, READER, references
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.files import file_sha256, read_json
from radiobundle.training.resume import PLACES, differences
from radiobundle.words import counted

logger = logging.getLogger("radiobundle")


def read_training(weights_dir: str | Path) -> dict[str, Any] | None:
    """Return the `run.json` of the training whose weights lie in a folder; None: there is none."""
    path = Path(weights_dir).parent / "run.json"
    return read_json(path, fix="train again") if path.is_file() else None


def input_changes(training: Mapping[str, Any] | None, config: Mapping[str, Any] | None) -> list[str]:
    """Return what prepares images otherwise than in the training, by its configuration and the one that runs now.

    >>> before = {"reader": {"size": "@image_size_px"}, "image_size_px": [96, 96], "normalisation": []}
    >>> input_changes({"config": before}, {**before, "image_size_px": [48, 48]})
    ['reader#size#0 was 96, is now 48', 'reader#size#1 was 96, is now 48']
    """
    if training is None or config is None or not training.get("config"):
        return []
    before, now = (_input_settings(found) for found in (training["config"], config))
    return [str(change) for change in differences(before, now) if not change.is_of_the_layout]


def seen_in_training(
    training: Mapping[str, Any] | None, items: Sequence[Mapping[str, Any]], *, datalist: str | Path | None
) -> list[str]:
    """Return why a network knows the test images of a list that is not the one it was trained on.

    Args:
        training: see `read_training`.
        items: of the evaluated list, each with `name`, `split` and maybe `patient_id`.
        datalist: the file that they are of.
    """
    known = (training or {}).get("datalist")
    if not known or (datalist is not None and file_sha256(datalist) == known["sha256"]):
        return []
    path = Path(known["path"])
    if not path.is_file() or file_sha256(path) != known["sha256"]:
        logger.warning("whether the network was trained on test images is not known: its datalist %s is gone", path)
        return []
    splits = read_datalist(path).splits
    tested = [item for item in items if item["split"] == "test"]
    reasons = []
    for split, use in (("training", "trained on"), ("validation", "chosen by")):
        learned = splits.get(split, [])
        images, patients = ({item.get(key) for item in learned} - {None} for key in ("image", "patient_id"))
        seen = sum(item["name"] in images for item in tested)
        related = sum(item["name"] not in images and item.get("patient_id") in patients for item in tested)
        if seen or related:
            others = f" and other images of the patients of {related:,} more" if related else ""
            of = f"{seen:,} of {counted(len(tested), 'test image')}{others}"
            reasons.append(f"{use} {of} (the {split} split of {path.name})")
    return reasons


def _input_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return reader and normalisation, with the values of all that they refer to."""
    parser = ConfigParser(json.loads(json.dumps(config, default=str)))
    return {key: _expanded(f"@{key}", parser) for key in (READER, NORMALISATION)}


def _expanded(value: Any, parser: ConfigParser) -> Any:
    """Return a part of a configuration with values instead of references; places stay, and classes lose their modules.

    >>> parser = ConfigParser({"size": "@_meta_#size", "_meta_": {"size": [96, 96]}, "output_dir": "out"})
    >>> _expanded({"_target_": "a.Reader", "size": "@size", "file": "$@output_dir + '/a'"}, parser)
    {'_target_': 'Reader', 'size': [96, 96], 'file': ["$@output_dir + '/a'"]}
    """
    if isinstance(value, Mapping):
        return {name: _expanded(_class_name(name, item), parser) for name, item in value.items()}
    if isinstance(value, list):
        return [_expanded(item, parser) for item in value]
    named = [key for key in references(value) if key not in PLACES] if isinstance(value, str) else []
    if isinstance(value, str) and value.startswith("$"):
        return [value, *(_expanded(f"@{key}", parser) for key in named)]
    return _expanded(parser.get(named[0]), parser) if named else value


def _class_name(name: str, value: Any) -> Any:
    return value.rpartition(".")[2] if name == "_target_" and isinstance(value, str) else value
