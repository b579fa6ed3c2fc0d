"""From a source to datalists on disk: the steps of `radiobundle datalist`."""

from __future__ import annotations

import csv
import hashlib
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle import __version__
from radiobundle.datalists.datalist_file import (
    Datalist,
    file_sha256,
    require_writable_folder,
    write_datalist,
)
from radiobundle.datalists.plan import SplitOptions, plan_splits
from radiobundle.datalists.policies import decide_labels
from radiobundle.datalists.survey import Survey, existing_images, survey_images
from radiobundle.files import write_text
from radiobundle.sources.linked_rows import linked_groups
from radiobundle.sources.registry import SOURCES
from radiobundle.sources.table import SPLIT_NAMES, STANDARD_COLUMNS, SourceTable

ON_BAD_IMAGE_CHOICES = ("error", "skip")
MISSING_IMAGES_CHOICES = ("error", "skip", "keep")


@dataclass(frozen=True, kw_only=True)
class DatalistOptions:
    """Everything about a datalist that is not the source's own: see `radiobundle datalist --help`."""

    split: SplitOptions
    uncertain: str = "ignore"
    not_mentioned: str = "zeros"
    duplicates: str = "bytes,near"
    missing_images: str = "error"
    on_bad_image: str = "error"


def datalist_command(
    source: str, dataset_dir: str, output: str, *, source_options: dict[str, Any], options: DatalistOptions
) -> int:
    """Write the datalist, or one per fold, and say on stdout what is in it."""
    path = Path(output)
    require_writable_folder(path)
    table = SOURCES[source].read(dataset_dir, **source_options)
    for note in table.notes:
        print(f"note: {note}", file=sys.stderr)
    datalists, survey = build_datalists(table, Path(dataset_dir), options=options)
    if survey.broken:
        bad_path = path.with_suffix(".bad.csv")
        write_text(bad_path, _bad_csv(survey.broken))
        print(f"left out {len(survey.broken)} unreadable images, listed in {bad_path}", file=sys.stderr)
    for number, datalist in enumerate(datalists):
        target = path.with_stem(f"{path.stem}-fold{number}") if len(datalists) > 1 else path
        write_datalist(datalist, target)
        print(f"{target}: {_summary(datalist)}")
    return 0


def build_datalists(
    source: SourceTable, dataset_dir: Path, *, options: DatalistOptions
) -> tuple[list[Datalist], Survey]:
    """Return one datalist, or one per fold, and what was found in the image files.

    Raises:
        ValueError: images are missing or broken, or the split asked for cannot be made.
    """
    table = _present_rows(source.table, dataset_dir, options.missing_images)
    present = table["image"][existing_images(dataset_dir, table["image"])].tolist()
    survey = survey_images(dataset_dir, present, duplicates=options.duplicates)
    if survey.broken and options.on_bad_image == "error":
        name, reason = next(iter(survey.broken.items()))
        raise ValueError(
            f"{dataset_dir / name}: {reason} ({len(survey.broken)} such files); mend them, or leave them out with "
            "--on-bad-image skip"
        )
    table = table[~table["image"].isin(survey.broken)].reset_index(drop=True)
    labels = decide_labels(
        table[list(source.labels)].to_numpy(dtype=float),
        uncertain=options.uncertain,
        not_mentioned=options.not_mentioned,
    )
    groups = linked_groups(len(table), [table["patient_id"], *survey.link_keys(table["image"])])
    shared = _shared_provenance(source, dataset_dir, table, survey, options)
    items = _items(table, labels, source.group_columns)
    datalists = []
    for plan in plan_splits(table, labels, groups, options=options.split):
        splits = {name: [items[row] for row in np.flatnonzero(plan.split == name)] for name in SPLIT_NAMES}
        provenance = {
            **shared,
            **plan.provenance,
            "counts": _counts(splits, source.labels),
            "left_out_linked_to_test": table["image"][plan.left_out].tolist(),
        }
        task = "multiclass" if source.exclusive else "multilabel"
        datalists.append(Datalist(source.labels, task, splits, provenance))
    return datalists, survey


def _present_rows(table: pd.DataFrame, dataset_dir: Path, missing_images: str) -> pd.DataFrame:
    if missing_images == "keep":
        return table
    present = existing_images(dataset_dir, table["image"])
    if missing_images == "error" and not present.all():
        first = table["image"].iloc[int(np.flatnonzero(~present)[0])]
        raise ValueError(
            f"{dataset_dir / first}: no such file ({(~present).sum()} of {len(table)} images are missing); correct the "
            "dataset folder, or use --missing-images skip (leave out) or keep (do not look)"
        )
    if not present.any():
        raise ValueError(f"{dataset_dir}: none of the {len(table)} images of the table is there")
    return table[present].reset_index(drop=True)


def _items(table: pd.DataFrame, labels: np.ndarray, group_columns: tuple[str, ...]) -> list[dict[str, Any]]:
    columns = [column for column in (*STANDARD_COLUMNS[1:], *group_columns) if table[column].notna().any()]
    values = {column: [_plain(value) for value in table[column].tolist()] for column in columns}
    items = [
        {"image": image, "label": label} for image, label in zip(table["image"].tolist(), labels.tolist(), strict=True)
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
        files = {path.name: file_sha256(path) for path in source.source_files}
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
        },
        "images_left_out": {
            "unreadable": len(survey.broken),
            "missing": len(source.table) - len(table) - len(survey.broken),
        },
    }


def _counts(splits: dict[str, list[dict[str, Any]]], labels: tuple[str, ...]) -> dict[str, dict[str, int]]:
    return {
        split: {
            "images": len(items),
            **({"patients": len(known)} if (known := {i["patient_id"] for i in items if "patient_id" in i}) else {}),
            **{label: sum(item["label"][k] == 1 for item in items) for k, label in enumerate(labels)},
        }
        for split, items in splits.items()
    }


def _summary(datalist: Datalist) -> str:
    counts = datalist.provenance["counts"]
    lines = [
        "\n  " + f"{split}: " + ", ".join(f"{name} {number}" for name, number in count.items())
        for split, count in counts.items()
    ]
    left_out = datalist.provenance["left_out_linked_to_test"]
    if left_out:
        lines.append(f"\n  left out {len(left_out)} images linked to the given test (patient or duplicate)")
    if leaks := datalist.provenance.get("patients_in_several_splits"):
        lines.append(f"\n  WARNING: {leaks} patients have films in more than one split; results will look too good")
    for split, count in counts.items():
        absent = [label for label in datalist.labels if count["images"] and not count[label]]
        if absent:
            lines.append(f"\n  note: {split} has no positive of {', '.join(absent)}")
    return f"{len(datalist.labels)} labels, {datalist.task}" + "".join(lines)


def _bad_csv(broken: dict[str, str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "reason"])
    writer.writerows(broken.items())
    return text.getvalue()
