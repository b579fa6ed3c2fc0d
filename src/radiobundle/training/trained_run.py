"""What the run of evaluated weights says: how its images were prepared, and on which of them it was trained."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from radiobundle.bundles.config_ids import NORMALISATION, READER, references, strings
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.files import file_sha256, read_json
from radiobundle.training.resume import PLACES, differences, plain_settings
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
    ['image_size_px#0 was 96, is now 48', 'image_size_px#1 was 96, is now 48']
    """
    if training is None or config is None or not training.get("config"):
        return []
    before, now = (_input_settings(plain_settings(found)) for found in (training["config"], config))
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
    """Return reader and normalisation with all that they refer to, without places."""
    found: dict[str, Any] = {}
    waiting = [READER, NORMALISATION]
    while waiting:
        key = waiting.pop()
        if key in found or key in PLACES or key not in config:
            continue
        found[key] = config[key]
        named = {reference for _, text in strings(config[key]) for reference in references(text)}
        waiting += sorted(reference.replace("::", "#").split("#")[0] for reference in named)
    return found
