"""The datalist behind a run: where its images are, their labels, and whether it is still the same list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.bundles import config_ids as ids
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.files import file_sha256
from radiobundle.images.folders import Folders, dataset_folders
from radiobundle.labels import hard_labels
from radiobundle.training.data import load_items
from radiobundle.viewing.runs import ViewedRun
from radiobundle.viewing.settings import LABEL_MAP, OTHER_LABELS, settings_of
from radiobundle.words import counted


@dataclass(frozen=True)
class Listed:
    """A datalist.

    Args:
        path: of the file.
        sha256: of the file.
        splits: items by split, see `training.data.load_items`, with labels in the order of the run.
    """

    path: Path
    sha256: str
    splits: Mapping[str, Sequence[Mapping[str, Any]]]

    @property
    def items(self) -> dict[str, Mapping[str, Any]]:
        """Items of all splits by the name of the image."""
        return {item["name"]: item for items in self.splits.values() for item in items}


@dataclass(frozen=True)
class Source:
    """Where a run's images and labels come from.

    Args:
        listed: its datalist; None if there is none any more.
        folder: of its images; None if unknown.
        notes: what is missing or has changed.
    """

    listed: Listed | None
    folder: Folders | None
    notes: tuple[str, ...] = ()


def find_source(
    run: ViewedRun, *, datalist: str | None = None, dataset_dir: Sequence[str] = (), force: bool = False
) -> Source:
    """Return the datalist and the folder of images of a run.

    Args:
        run: whose manifest names both.
        datalist: to use instead.
        dataset_dir: to use instead, see `dataset_folders`.
        force: use a list that has changed since the run, with a note on what differs.

    Raises:
        ValueError: the list has changed since the run, or is none of these labels.
    """
    stated = settings_of(run)
    folder = dataset_folders(list(dataset_dir) or stated.get(ids.DATASET_DIR) or ".")
    notes = []
    if not (dataset_dir or stated.get(ids.DATASET_DIR)):
        notes.append("the predictions do not say where their images are; name their folder by `dataset_dir`")
    elif dataset_dir and not folder.is_dir():
        raise ValueError(f"`dataset_dir` {folder}: no such folder")
    elif not folder.is_dir():
        notes.append(f"the images are not in {folder} any more; name their folder by `dataset_dir`")
    recorded: Mapping[str, str] = run.facts.get("datalist") or {}
    path = Path(datalist or stated.get(ids.DATALIST) or "")
    if not path.name:
        return Source(None, folder, (*notes, "the predictions do not name a datalist; name it by `datalist`"))
    if datalist is None and not path.is_file():
        return Source(None, folder, (*notes, f"the datalist is not {path} any more; name it by `datalist`"))
    mapping = {key: stated[key] for key in (LABEL_MAP, OTHER_LABELS) if key in stated}
    items = load_items(path, folder, run.predictions.labels, **mapping)
    listed = Listed(path, file_sha256(path), items)
    notes += _changes(run, listed, recorded.get("sha256"), force=force)
    return Source(listed, folder, tuple(notes))


def differences(predictions: Predictions, listed: Listed) -> list[str]:
    """Return what a list says otherwise of the images of the splits that were predicted; nothing if it agrees."""
    items = listed.items
    known = [row for row, name in enumerate(predictions.images) if name in items]
    values = hard_labels([items[predictions.images[row]]["label"] for row in known]) if known else np.zeros((0, 0))
    changed = int((values != predictions.truth[known]).sum()) if known else 0
    missing = len(predictions) - len(known)
    names = pd.Index(predictions.images)
    new = sum(item["name"] not in names for split in predictions.split_names for item in listed.splits.get(split, ()))
    counts = (
        (changed, "label differs", "labels differ"),
        (missing, "predicted image is not in it", "predicted images are not in it"),
        (new, "image of these splits was not predicted", "images of these splits were not predicted"),
    )
    return [counted(count, one, many) for count, one, many in counts if count]


def _changes(run: ViewedRun, listed: Listed, recorded: str | None, *, force: bool) -> list[str]:
    """Return notes on a list that is not the run's.

    Raises:
        ValueError: it is not, and `force` was not given.
    """
    if recorded == listed.sha256:
        return []
    found = differences(run.predictions, listed)
    if recorded is None and not found:
        return []
    said = ", ".join(found) or "its labels of the predicted images are the same"
    why = "has changed since the run" if recorded else "is not the one of these predictions"
    if force:
        return [f"{listed.path.name} {why} (labels here are those of the list): {said}"]
    raise ValueError(f"{listed.path}: {why}: {said}; name the list of the run by `datalist`, or give `force`")
