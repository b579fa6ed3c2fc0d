"""From a source's table to datalists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle import __version__
from radiobundle.datalists.balance import count_labels, measure_balance
from radiobundle.datalists.datalist_file import Datalist
from radiobundle.datalists.links import count_straddling, link_rows
from radiobundle.datalists.options import DatalistOptions
from radiobundle.datalists.plan import plan_splits
from radiobundle.datalists.survey import Survey, existing_images, similar_file, survey_images
from radiobundle.datalists.teaching import plan_teaching
from radiobundle.files import file_sha256, folder_sha256
from radiobundle.labels import SPLIT_NAMES, Task, hard_labels
from radiobundle.sources.linked_rows import linked_groups
from radiobundle.sources.table import STANDARD_COLUMNS, SourceTable


@dataclass(frozen=True)
class Made:
    """One datalist, or one per fold, with findings on the image files and notes for the user."""

    datalists: list[Datalist]
    survey: Survey
    notes: list[str]


def build_datalists(source: SourceTable, dataset_dir: Path, *, options: DatalistOptions) -> Made:
    """Make the datalists of a source. Every row of the source is in one split or counted as left out.

    Raises:
        ValueError: images are missing or broken, or the requested split cannot be made.
    """
    table, left_out = _usable_rows(source, dataset_dir, options)
    names = source.labels if source.taught is None else source.taught
    teaching = plan_teaching(table, source.labels, names, options)  # before images are read, which may take hours
    looked = options.duplicates != "none"
    present = table["image"][existing_images(dataset_dir, table["image"])].tolist() if looked else []
    survey = survey_images(dataset_dir, present, duplicates=options.duplicates)
    if survey.broken and options.on_bad_image == "error":
        name, reason = next(iter(survey.broken.items()))
        raise ValueError(
            f"{dataset_dir / name}: {reason} ({len(survey.broken)} of {len(present)} images); fix them, or leave them "
            "out with `on_bad_image` skip"
        )
    readable = ~table["image"].isin(survey.broken).to_numpy()
    table, teaching = table[readable].reset_index(drop=True), teaching.rows(readable)
    left_out["unreadable"] = len(survey.broken)
    if table.empty:
        raise ValueError(f"{dataset_dir}: no images are left: {reasons(left_out)}")
    links = link_rows(table, patients_from_paths=options.patients_from_paths)
    table = table.assign(patient_id=links.patients)
    groups = linked_groups(len(table), [*links.keys, *survey.link_keys(table["image"])])
    shared = _shared_provenance(source, dataset_dir, table, survey, options)
    taught = [source.labels.index(name) for name in names]
    before = teaching.before_split()
    planned = hard_labels(before.labels[:, taught])
    datalists, items = [], None
    for plan in plan_splits(table, planned, groups, options=options.split, names=names):
        taken = teaching.after_split(before, table["image"], plan.split)
        labels = taken.labels[:, taught]
        if items is None or taken is not before:  # all folds teach the same
            items = _items(table, labels, source.group_columns)
        splits = {name: [items[row] for row in np.flatnonzero(plan.split == name)] for name in SPLIT_NAMES}
        linked = table["image"][plan.left_out].tolist()
        provenance = {
            **shared,
            "patients": links.provenance,
            **taken.provenance,
            **plan.provenance,
            **count_straddling(plan.split, links, survey, table["image"]),
            "counts": count_labels(splits, names),
            "balance": measure_balance(labels, plan.split, names),
            "rows_read": source.rows_read,
            "images_left_out": {**left_out, "linked to the given test": len(linked)},
            "left_out_linked_to_test": linked,
        }
        task: Task = "multiclass" if source.exclusive else "multilabel"
        datalists.append(Datalist(names, task, splits, provenance))
    return Made(datalists, survey, links.notes)


def _usable_rows(
    source: SourceTable, dataset_dir: Path, options: DatalistOptions
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the rows that have a split (if the source's is used) and a file, and the others by reason."""
    table = source.table
    left_out = {"unreadable": 0, "missing": 0, **{reason: len(rows) for reason, rows in source.left_out.items()}}
    if options.split.uses_the_given and "split" in table and table["split"].notna().any():
        unknown = table["split"].isna()
        left_out["no split given"] = int(unknown.sum())
        table = table[~unknown].reset_index(drop=True)
    if options.missing_images == "keep":
        return table, left_out
    present = existing_images(dataset_dir, table["image"])
    if options.missing_images == "error" and not present.all():
        first = table["image"].iloc[int(np.flatnonzero(~present)[0])]
        raise ValueError(
            f"{dataset_dir / first}: no such file ({(~present).sum()} of {len(table)} images are missing)"
            f"{similar_file(dataset_dir, first)}; correct the dataset folder or the names, or use `missing_images` "
            "skip (leave out) or keep (do not check)"
        )
    if not present.any():
        raise ValueError(f"{dataset_dir}: none of the {len(table)} images in the table exists")
    left_out["missing"] = int((~present).sum())
    return table[present].reset_index(drop=True), left_out


def _items(table: pd.DataFrame, labels: np.ndarray, group_columns: tuple[str, ...]) -> list[dict[str, Any]]:
    columns = [column for column in (*STANDARD_COLUMNS[1:], *group_columns) if table[column].notna().any()]
    values = {column: [_plain(value) for value in table[column].tolist()] for column in columns}
    items = [
        {"image": image, "label": [int(value) if value.is_integer() else value for value in label]}
        for image, label in zip(table["image"].tolist(), labels.tolist(), strict=True)
    ]
    for column, known in values.items():
        for item, value in zip(items, known, strict=True):
            if value is not None:
                item[column] = value
    return items


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return value
    if pd.isna(value):
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shared_provenance(
    source: SourceTable, dataset_dir: Path, table: pd.DataFrame, survey: Survey, options: DatalistOptions
) -> dict[str, Any]:
    if source.source_files:
        files = {path.name: folder_sha256(path) if path.is_dir() else file_sha256(path) for path in source.source_files}
    else:
        checksums = survey.sha256 or {name: file_sha256(dataset_dir / name) for name in table["image"]}
        listing = "".join(f"{name} {checksums[name]}\n" for name in sorted(checksums))
        files = {"(sorted listing of images and their SHA-256)": hashlib.sha256(listing.encode()).hexdigest()}
    return {
        "radiobundle_version": __version__,
        "source": source.source,
        "source_files": files,
        "source_notes": list(source.notes),
        "policy": {"uncertain": options.uncertain, "not_mentioned": options.not_mentioned},
        "duplicates": {
            "looked_for": options.duplicates,
            "byte_identical": survey.byte_identical,
            "near_identical": survey.near_identical,
            "changes": [list(pair) for pair in survey.changes],
            "images_compared": survey.compared,
        },
    }


def reasons(left_out: dict[str, int]) -> str:
    """Return how many images were left out, by reason."""
    return ", ".join(f"{count} {reason}" for reason, count in left_out.items() if count)
