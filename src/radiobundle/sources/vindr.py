"""VinDr-CXR (Nguyen et al. 2022): frontal radiographs of two hospitals in Hanoi, each read by three radiologists.

PhysioNet and Kaggle distribute a table with a row for each reader and finding (`annotations_train.csv`, `train.csv`),
and DICOM files in `train`. Findings have boxes in pixels of the original image, whose size the files state. Readers
disagree: the option `readers` says what counts. The patients are unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.labels import UNCERTAIN
from radiobundle.sources.boxes import box_of
from radiobundle.sources.find_table import find_table, read_columns
from radiobundle.sources.folders import locate_images, stray_notes
from radiobundle.sources.table import SourceTable
from radiobundle.sources.table_file import RawTable
from radiobundle.sources.vocabulary import Findings, label_findings, read_vocabulary
from radiobundle.suggest import check_choice
from radiobundle.words import counted

READER_CHOICES = ("majority", "any", "all", "agreed", "soft")
_TABLES = ("annotations_train.csv", "train.csv", "vinbigdata-train.csv")
_CORNERS = ("x_min", "y_min", "x_max", "y_max")
_COLUMNS = ("image_id", "class_name", "rad_id", *_CORNERS)
_NO_FINDING = ("No finding",)
_WHAT = "the table of VinDr-CXR, one row for each reader and finding"


def read_vindr(
    dataset_dir: str | Path,
    *,
    csv: str | Path | None = None,
    labels: Sequence[str] = (),
    readers: str = "majority",
    vocabulary: str | Path | None = None,
) -> SourceTable:
    """Read the table, and find the images.

    Args:
        dataset_dir: folder of the table and of `train`.
        csv: the table, if it lies elsewhere.
        labels: that are wanted, in this order; default: all of the vocabulary.
        readers: when an image has a finding: more than half of its readers, any, or all of them saw it; `agreed`: all
            did, or none; where they differ the label is uncertain; `soft`: the label is the fraction that saw it.
        vocabulary: see `read_vocabulary`.

    Returns:
        one row per image; `boxes` of the findings that count, where the size of the image is known.

    Raises:
        ValueError: a file, column, label or box is wrong.
    """
    check_choice("readers", readers, READER_CHOICES)
    names = read_vocabulary("vindr", vocabulary)
    folder = Path(dataset_dir)
    table_path = find_table(folder, _TABLES, csv=csv, what=_WHAT)
    raw = read_columns(table_path, _COLUMNS, what=_WHAT, filled=["image_id", "class_name", "rad_id"])
    by_reader = raw.rows.groupby(["image_id", "rad_id"], sort=False)["class_name"].agg(frozenset)
    found = label_findings(by_reader, vocabulary=names, labels=labels, passed_over=_NO_FINDING)
    values = _judge(found, readers)
    images = values.index.to_series()
    where, place_notes = locate_images(folder, ("train", "test"), (".dicom", ".dcm", ".png", ".jpg"))
    paths = {Path(name).stem: path for name, path in where.items()}
    boxes, box_notes = _boxes(raw, values, paths=paths, folder=folder, vocabulary=names)
    table = pd.DataFrame(
        {
            "image": [paths.get(name, f"train/{name}.dicom") for name in images],
            **dict.fromkeys(("patient_id", "study_id", "view", "age", "sex"), np.nan),
            "boxes": [boxes.get(name, np.nan) for name in images],
        }
    ).assign(**{label: values[label].to_numpy() for label in found.labels})
    split_votes = int((values[list(found.labels)] == UNCERTAIN).to_numpy().sum())
    return SourceTable(
        source="vindr",
        table=table,
        labels=found.labels,
        source_files=(raw.path,),
        notes=(
            *raw.notes,
            *place_notes,
            *stray_notes(paths, images),
            *found.notes,
            *box_notes,
            *([f"readers differ on {counted(split_votes, 'label')}, which are uncertain"] if split_votes else []),
        ),
    )


def _judge(found: Findings, readers: str) -> pd.DataFrame:
    """Return label values by image: what the readers say together."""
    votes = pd.DataFrame(found.columns).groupby(level="image_id", sort=False)
    fraction: pd.DataFrame = votes.mean()
    if readers == "soft":
        return fraction
    if readers == "agreed":
        return fraction.where(fraction.isin([0, 1]), UNCERTAIN).astype(np.int8)
    needed = {"majority": fraction > 0.5, "any": fraction > 0, "all": fraction == 1}[readers]
    return needed.astype(np.int8)


def _boxes(
    raw: RawTable,
    values: pd.DataFrame,
    *,
    paths: dict[str, str],
    folder: Path,
    vocabulary: Mapping[str, Sequence[str]] | None,
) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """Return each reader's boxes of findings that are present, by image, and how many could not be read."""
    boxes: dict[str, list[dict[str, Any]]] = {}
    sizes: dict[str, tuple[int, int] | None] = {}
    rows = raw.rows
    present = {label: set(column.index[column > 0]) for label, column in values.items()}
    unread = 0
    for row in np.flatnonzero(rows["x_min"] != "").tolist():
        name, finding = rows["image_id"].iloc[row], rows["class_name"].iloc[row]
        labels = (finding,) if vocabulary is None else vocabulary.get(finding, ())
        if not (seen := [label for label in labels if name in present.get(label, ())]):
            continue
        if name not in sizes:
            sizes[name] = _size_px(folder / paths[name]) if name in paths else None
        if (size := sizes[name]) is None:
            unread += 1
            continue
        left, top, right, bottom = (float(rows[corner].iloc[row]) for corner in _CORNERS)
        corners = [str(value) for value in (left, top, right - left, bottom - top)]
        boxes.setdefault(name, []).extend(box_of(raw.locate(row), label, corners, size_px=size) for label in seen)
    if not unread:
        return boxes, []
    return boxes, [f"{counted(unread, 'box', 'boxes')} left out: they are in pixels of images whose size is unknown"]


def _size_px(path: Path) -> tuple[int, int] | None:
    """Return width and height of a DICOM file; None: it is none, so that boxes may not be those of its pixels."""
    try:
        import pydicom  # noqa: PLC0415 - an option
    except ImportError:
        return None
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["Rows", "Columns"])
        return int(header.Columns), int(header.Rows)
    except (OSError, AttributeError, pydicom.errors.InvalidDicomError):
        return None
