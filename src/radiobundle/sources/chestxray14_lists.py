"""The NIH's official lists of ChestX-ray14: which image is for training and validation, which for test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.sources.table_file import read_lines

LISTS = {"training": "train_val_list.txt", "test": "test_list.txt"}
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")


def read_official_lists(folder: Path, images: pd.Series, patients: pd.Series) -> tuple[pd.Series, list[str]]:
    """Return the split of each image by the official lists (NaN: in neither), and notes.

    Raises:
        ValueError: an image or a patient is in both lists.
    """
    split: pd.Series = pd.Series(np.nan, index=images.index, dtype=object)
    paths = {name: folder / file for name, file in LISTS.items()}
    absent = [path.name for path in paths.values() if not path.is_file()]
    if absent:
        return split, [f"{' and '.join(absent)} not found in {folder}: no official split"]
    known, notes = set(images), []
    listed = {name: set(" ".join(read_lines(path)).split()) for name, path in paths.items()}
    if both := sorted(set.intersection(*listed.values())):
        raise ValueError(
            f"{both[0]} is in {' and in '.join(LISTS.values())} ({len(both)} such images); use the NIH's original lists"
        )
    for name, path in paths.items():
        split = split.mask(images.isin(listed[name]), name)
        if not listed[name]:
            notes.append(f"{path.name} is empty: its split has no images")
        if strangers := sorted(listed[name] - known):
            meant = _meant(strangers[0], known)
            hint = f"; probably {meant} is meant, correct the list" if meant else ""
            counts = f"{len(strangers)} of {len(listed[name])} names are not in the table"
            notes.append(f"{path.name}: {counts} ({strangers[0]}{hint})")
    unlisted = images[split.isna()]
    if len(unlisted):
        notes.append(
            f"{len(unlisted)} of {len(images)} images are in neither official list (the first: {unlisted.iloc[0]})"
        )
    kinds = pd.DataFrame({"patient": patients, "split": split}).dropna().drop_duplicates()
    straddling = kinds["patient"][kinds["patient"].duplicated()]
    if len(straddling):
        raise ValueError(
            f"{paths['training']} and {paths['test']} both hold images of patient {straddling.iloc[0]} "
            f"({len(straddling)} such patients); use the NIH's original lists, or leave them out with `split` patient"
        )
    return split, notes


def _meant(listed: str, known: set[str]) -> str | None:
    """Return the image of the table that a list probably means by a name with another folder or suffix."""
    stem = listed.strip(",;").rpartition("/")[2].rpartition("\\")[2]
    return next((name for name in (stem, *(stem + suffix for suffix in IMAGE_SUFFIXES)) if name in known), None)
