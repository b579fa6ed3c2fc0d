"""SIIM-ACR Pneumothorax Segmentation (2019): images of ChestX-ray14 with masks of pneumothoraces, the training part.

Kaggle distributes `train-rle.csv` (a row for each mask: `ImageId`, `EncodedPixels`, -1 where there is no pneumothorax)
and DICOM files in `dicom-images-train/STUDY/SERIES/IMAGE.dcm`, 1024x1024 px. Masks are run lengths: gap and length in
turns, down the columns, each gap counted from the end of the run before. Of each mask the box around it is kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.sources.find_table import find_table, read_columns
from radiobundle.sources.folders import locate_images, stray_notes
from radiobundle.sources.table import SourceTable

LABEL = "Pneumothorax"
SIZE_PX = 1024
_TABLES = ("train-rle.csv", "*pneumothorax-train-rle.csv", "stage_2_train.csv")
_COLUMNS = ("ImageId", "EncodedPixels")
_FOLDERS = ("dicom-images-train/*/*", "dicom-images-train")
_WHAT = "the table of the SIIM-ACR challenge"


def read_siim(dataset_dir: str | Path, *, csv: str | Path | None = None) -> SourceTable:
    """Read the table, and find the images.

    Args:
        dataset_dir: folder of the table and of `dicom-images-train`.
        csv: the table, if it lies elsewhere.

    Returns:
        one row per image with `boxes`; the patients are unknown.

    Raises:
        ValueError: a file or column is wrong, a mask does not fit an image of 1024x1024 px, or an image both has a
            mask and has none.
    """
    folder = Path(dataset_dir)
    raw = read_columns(find_table(folder, _TABLES, csv=csv, what=_WHAT), _COLUMNS, what=_WHAT, filled=["ImageId"])
    names, masks = (raw.rows[column] for column in _COLUMNS)
    boxes: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for row in np.flatnonzero(masks != "-1").tolist():
        boxes[names.iloc[row]].append({"label": LABEL, **_box(raw.locate(row), masks.iloc[row])})
    denied = names[(masks == "-1") & names.map(lambda name: bool(boxes[name]))]
    if len(denied):
        raise ValueError(f"{raw.path}: image {denied.iloc[0]} has a mask and -1; correct its rows")
    where, place_notes = locate_images(folder, _FOLDERS, (".dcm", ".png", ".jpg"))
    paths = {Path(name).stem: path for name, path in where.items()}
    table = pd.DataFrame(
        {
            "image": [paths.get(name, f"dicom-images-train/{name}.dcm") for name in boxes],
            **dict.fromkeys(("patient_id", "study_id", "view", "age", "sex"), np.nan),
            "boxes": [found or np.nan for found in boxes.values()],
            LABEL: [int(bool(found)) for found in boxes.values()],
        }
    )
    return SourceTable(
        source="siim",
        table=table,
        labels=(LABEL,),
        source_files=(raw.path,),
        notes=(
            *raw.notes,
            "patients are unknown: they are in the DICOM files, and those of ChestX-ray14 have several images",
            *place_notes,
            *stray_notes(paths, boxes),
        ),
    )


def mask_of(runs: str, *, size_px: int = SIZE_PX) -> np.ndarray:
    """Return the mask of run lengths: gaps and lengths in turns, down the columns.

    Args:
        runs: numbers as text.
        size_px: side of the image.

    Returns:
        bool array (size_px, size_px).

    Raises:
        ValueError: it is no such text, or does not fit into the image.

    >>> mask_of("1 2 1 1", size_px=3).astype(int).tolist()
    [[0, 0, 0], [1, 1, 0], [1, 0, 0]]
    """
    if not all(word.isdecimal() for word in runs.split()):
        raise ValueError(f"'{runs[:20]}' are no whole numbers")
    numbers = np.array(runs.split(), dtype=np.int64)
    if len(numbers) % 2 or not len(numbers) or numbers.sum() > size_px**2:
        raise ValueError(f"run lengths that do not fit an image of {size_px}x{size_px} px")
    filled = np.repeat(np.arange(len(numbers)) % 2 == 1, numbers)
    flat = np.zeros(size_px**2, dtype=bool)
    flat[: len(filled)] = filled
    return flat.reshape(size_px, size_px).T


def _box(location: str, runs: str) -> dict[str, float]:
    """Return the box around a mask, as fractions of the image's sides."""
    try:
        mask = mask_of(runs)
    except ValueError as error:
        raise ValueError(f"{location}: EncodedPixels: {error}; fetch the table again") from error
    down, across = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not len(down):
        raise ValueError(f"{location}: EncodedPixels holds an empty mask; write -1, or correct it")
    return {
        "x": float(across[0] / SIZE_PX),
        "y": float(down[0] / SIZE_PX),
        "width": float((across[-1] + 1 - across[0]) / SIZE_PX),
        "height": float((down[-1] + 1 - down[0]) / SIZE_PX),
    }
