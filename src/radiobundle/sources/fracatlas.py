"""FracAtlas (Abedeen et al. 2023): radiographs of hands, legs, hips and shoulders, with or without fractures.

A distribution is a folder with `dataset.csv`, one row per image, and `images/Fractured` and `images/Non_fractured`. A
quarter of the set was available, with its images in `images`. All columns except the first and `fracture_count` are 1
or 0: four body parts, of which an image may show several (`mixed`); `hardware` (screws, plates); `multiscan` (several
views in one image); `fractured`; three views. Two radiologists labelled the images and an orthopaedist checked them.
The patients are unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from radiobundle.sources.bad_rows import left_out_by
from radiobundle.sources.body_parts import BODY_PART, absent_notes, check_parts, label_columns
from radiobundle.sources.find_table import read_columns
from radiobundle.sources.folders import find_distribution, locate_images, stray_notes
from radiobundle.sources.label_values import read_flags
from radiobundle.sources.table import SourceTable
from radiobundle.sources.table_file import RawTable
from radiobundle.suggest import check_choice

PARTS = ("hand", "leg", "hip", "shoulder")
TASKS = (BODY_PART, "fracture")
MIXED_CHOICES = ("leave-out", "keep")
TABLE = "dataset.csv"
_VIEWS = ("frontal", "lateral", "oblique")
_FLAGS = (*PARTS, "mixed", "hardware", "multiscan", "fractured", *_VIEWS)
_COLUMNS = ("image_id", *_FLAGS, "fracture_count")
_KEPT = ("hardware", "multiscan", "fracture_count", *_VIEWS)
_FOLDERS = ("images/*", "images")
_FRACTURED_OF_FOLDER = {"fractured": 1, "non_fractured": 0}
_SUFFIXES = (".jpg", ".jpeg", ".png")


def read_fracatlas(
    dataset_dir: str | Path, *, labels: Sequence[str] = (), task: str = BODY_PART, mixed: str = "leave-out"
) -> SourceTable:
    """Read the table, and find the images.

    Args:
        dataset_dir: the distribution's folder, or its parent.
        labels: the body parts whose images are wanted, in this order; default: all four.
        task: `body-part`, or `fracture`: the one label `fractured`, with the column `body_part`.
        mixed: images of several body parts: leave-out, or keep, which makes the body parts multi-label. Those left out
            are counted, as are those of no body part and those called mixed that show one, which are always left out.

    Returns:
        one row per image; `view` joins its views; columns of the table that are not labels are kept.

    Raises:
        ValueError: a file, column or value is wrong, or two of them contradict each other.
    """
    parts = check_parts(labels, PARTS, task=task, tasks=TASKS)
    check_choice("mixed", mixed, MIXED_CHOICES)
    folder = Path(dataset_dir)
    root = find_distribution(folder, lambda place: (place / TABLE).is_file(), f"{TABLE} of FracAtlas")
    raw = read_columns(root / TABLE, _COLUMNS, what="the table of FracAtlas", filled=["image_id"])
    raw.refuse_repeated(raw.rows[["image_id"]])
    rows = pd.DataFrame({name: read_flags(raw, name) for name in _FLAGS})
    rows["fracture_count"] = _counts(raw, rows["fractured"])
    images = raw.rows["image_id"]
    where, notes = locate_images(root, _FOLDERS, _SUFFIXES)
    _refuse_other_folders(raw, images, where, rows["fractured"])
    shown = rows[list(PARTS)].eq(1)
    columns, names = label_columns(shown, rows["fractured"], parts=parts, task=task)
    prefix = "" if root == folder else f"{root.name}/"
    table = pd.DataFrame(
        {
            "image": [prefix + where.get(name, f"images/{name}") for name in images],
            **dict.fromkeys(("patient_id", "study_id", "age", "sex"), np.nan),
            "view": _views(rows),
            **columns,
            **rows[list(_KEPT)],
        }
    )
    stays, left_out = left_out_by(_reasons(shown, rows["mixed"], parts, mixed), table["image"])
    return SourceTable(
        source="fracatlas",
        table=table[stays].reset_index(drop=True),
        labels=names,
        exclusive=task == BODY_PART and mixed == "leave-out",
        source_files=(raw.path,),
        notes=(*raw.notes, *notes, *stray_notes(where, images), *absent_notes(shown[stays], parts)),
        left_out=left_out,
    )


def _counts(raw: RawTable, fractured: pd.Series) -> pd.Series:
    cells = raw.rows["fracture_count"]
    raw.refuse(
        ~cells.str.fullmatch(r"\d+(?:\.0+)?"),
        lambda row: f"column 'fracture_count' holds '{cells.iloc[row]}'",
        fix="it must be 0, 1, 2 and so on; correct the row",
    )
    counts = cells.astype(float).astype(int)
    raw.refuse(
        (counts > 0) != (fractured == 1),
        lambda row: f"fractured is {fractured.iloc[row]} and fracture_count {counts.iloc[row]}",
    )
    return counts


def _refuse_other_folders(raw: RawTable, images: pd.Series, where: dict[str, str], fractured: pd.Series) -> None:
    folders = [PurePosixPath(where.get(name, "")).parent.name.lower() for name in images]
    said = pd.Series(folders, index=images.index, dtype=object).map(_FRACTURED_OF_FOLDER)
    raw.refuse(
        said.notna() & (said != fractured),
        lambda row: f"fractured is {fractured.iloc[row]}, but the image is {where[images.iloc[row]]}",
        fix="correct the row or move the image",
    )


def _views(rows: pd.DataFrame) -> pd.Series:
    """Return the views of each image in words, NaN where none is named."""
    kinds = rows[list(_VIEWS)].apply(tuple, axis=1)
    words = {kind: " and ".join(view for view, is_shown in zip(_VIEWS, kind, strict=True) if is_shown)
             for kind in kinds.unique()}  # fmt: skip
    return kinds.map(words).replace("", np.nan).astype(object)


def _reasons(shown: pd.DataFrame, is_mixed: pd.Series, parts: Sequence[str], mixed: str) -> dict[str, pd.Series]:
    """Return which images are left out, by reason."""
    count = shown.sum(axis=1)
    return {
        "no body part": count == 0,
        "called mixed, but only one body part": (is_mixed == 1) & (count == 1),
        "several body parts": (count > 1) & (mixed == "leave-out"),
        f"body part other than {', '.join(parts)}": ~shown[list(parts)].any(axis=1),
    }
