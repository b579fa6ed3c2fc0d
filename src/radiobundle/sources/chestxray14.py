"""NIH ChestX-ray14 (Wang et al. 2017): 112,120 frontal images of 30,805 patients with 14 findings read from reports.

The NIH distributes `Data_Entry_2017.csv` (two versions, see `read_chestxray14`), images in
`images_001` to `images_012`, the official lists `train_val_list.txt` and `test_list.txt`, and `BBox_List_2017.csv`,
boxes around findings on 880 test images. Images are 1024x1024 pixels; boxes are given in those pixels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.sources.adjudicated import replace_labels
from radiobundle.sources.ages import age_years, impossible_age_notes
from radiobundle.sources.boxes import box_of
from radiobundle.sources.chestxray14_lists import IMAGE_SUFFIXES, LISTS, read_official_lists
from radiobundle.sources.find_table import find_table, read_columns
from radiobundle.sources.folders import locate_images, stray_notes
from radiobundle.sources.identifiers import clean_ids, tidy_id
from radiobundle.sources.label_values import one_spelling, split_names
from radiobundle.sources.table import SourceTable
from radiobundle.sources.table_file import RawTable, read_table
from radiobundle.suggest import did_you_mean

LABELS = (
    "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax",
    "Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia",
)  # fmt: skip
NO_FINDING = "No Finding"
TABLES = ("Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
BOXES = "BBox_List_2017.csv"
ORIGINAL_SIZE_PX = 1024
_COLUMNS = {
    "Image Index": "image",
    "Finding Labels": "findings",
    "Patient ID": "patient_id",
    "Patient Age": "age",
    "Patient Gender": "sex",
    "View Position": "view",
}
_NAMES_OF_FINDINGS = {"Infiltrate": "Infiltration"}  # the list of boxes has its own word for it
_FOLDERS = ("images", "images_[0-9][0-9][0-9]/images", "images_[0-9][0-9][0-9]")  # or in the folder itself


def read_chestxray14(
    dataset_dir: str | Path, *, csv: str | Path | None = None, labels_from: str | Path | None = None
) -> SourceTable:
    """Read the label table, the official lists and the boxes, and find the images.

    Both versions of the table are read: the one of 2020 and the original (with other ages, up to 414 years, in some
    copies as `058Y`); compressed or not; the header splits `OriginalImage[Width,Height]` in two columns in either.
    "No Finding" is a row without any finding.

    Args:
        dataset_dir: folder with the table, the lists, and the images in `images` or in `images_001/images` and so on.
        csv: the table; default: the 2020 version in the folder, else the original.
        labels_from: a table of adjudicated labels, see `replace_labels`.

    Returns:
        one row per image of the table; `split` is the official list that names it, `boxes` a list of
        {label, x, y, width, height} as fractions of the image's sides, or NaN.

    Raises:
        ValueError: a file, column, finding or box is wrong, or a patient is in both lists.
    """
    folder = Path(dataset_dir)
    path = find_table(folder, TABLES, csv=csv, what="the NIH's label table")
    raw, file = _read_table(path)
    where, place_notes = locate_images(folder, _FOLDERS, IMAGE_SUFFIXES)
    images = raw["image"]
    patients, patient_notes = clean_ids(raw["patient_id"], "patient")
    split, list_notes = read_official_lists(folder, images, patients)
    table = pd.DataFrame(
        {
            "image": [where.get(name, f"images/{name}") for name in images],
            "patient_id": patients.str.zfill(8),
            "study_id": np.nan,
            "view": raw["view"],
            "age": raw["age"],
            "sex": raw["sex"],
            "split": split,
            **_read_findings(path, raw["findings"]),
        },
        index=raw.index,
    )
    boxes, box_notes = _read_boxes(folder / BOXES, images)
    table["boxes"] = boxes
    files = [path, *(folder / name for name in (*LISTS.values(), BOXES) if (folder / name).is_file())]
    source = SourceTable(
        source="chestxray14",
        table=table,
        labels=LABELS,
        source_files=tuple(files),
        notes=(
            *file.notes,
            *patient_notes,
            *list_notes,
            *impossible_age_notes(images.tolist(), raw["age"].to_numpy()),
            *place_notes,
            *stray_notes(where, images),
            *box_notes,
        ),
    )
    return source if labels_from is None else replace_labels(source, labels_from)


def _read_table(path: Path) -> tuple[pd.DataFrame, RawTable]:
    raw = read_columns(path, list(_COLUMNS), what=f"the NIH's {' or '.join(TABLES)}")
    rows = raw.rows.rename(columns=_COLUMNS)
    unknown = rows[["image", "findings", "patient_id"]].map(tidy_id).isna()
    raw.refuse(unknown.any(axis=1), lambda row: f"no {unknown.iloc[row].idxmax()}", fix="fetch the table again")
    try:
        ages = {text: age_years(text) for text in rows["age"].unique()}
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    rows["age"] = rows["age"].map(ages).astype(float)
    rows[["sex", "view"]] = rows[["sex", "view"]].replace("", np.nan)
    return rows, raw


def _read_findings(path: Path, findings: pd.Series) -> dict[str, pd.Series]:
    names = {text: split_names(text, "|") or [] for text in findings.unique()}
    spelling = one_spelling([name for found in names.values() for name in found], [*LABELS, NO_FINDING])
    names = {text: [spelling[name] for name in found] for text, found in names.items()}
    for text, found in names.items():
        unknown = next((name for name in found if name not in (*LABELS, NO_FINDING)), None)
        if unknown or not found:
            hint = did_you_mean(unknown or text, LABELS) or f"; known findings are {', '.join(LABELS)}"
            raise ValueError(f"{path}: unknown finding '{unknown or text}'{hint}")
        if NO_FINDING in found and len(found) > 1:
            raise ValueError(f"{path}: '{text}' is both a finding and none; correct the row")
    return {
        label: findings.map({text: label in found for text, found in names.items()}).astype(np.int8) for label in LABELS
    }


def _read_boxes(path: Path, images: pd.Series) -> tuple[list[Any], list[str]]:
    """Return per image its boxes (NaN: none), and notes."""
    if not path.is_file():
        return [np.nan] * len(images), []
    raw = read_table(path)
    if len(raw.rows.columns) < 6 or list(raw.rows.columns[:2]) != ["Image Index", "Finding Label"]:
        raise ValueError(f"{path}: expected the NIH's list: Image Index, Finding Label, then x, y, width, height")
    boxes: dict[str, list[dict[str, Any]]] = {}
    for row, (name, label, *corners) in enumerate(raw.rows.iloc[:, :6].to_numpy().tolist()):
        location = f"{raw.locate(row)} ({name.strip()})"
        if row in raw.misshapen:
            raise ValueError(f"{location}: {raw.misshapen[row]}; fetch the list again")
        finding = _NAMES_OF_FINDINGS.get(label.strip(), label.strip())
        if finding not in LABELS:
            raise ValueError(f"{location}: unknown finding '{finding}'; known findings are {', '.join(LABELS)}")
        box = box_of(location, finding, corners, size_px=(ORIGINAL_SIZE_PX, ORIGINAL_SIZE_PX))
        boxes.setdefault(name.strip(), []).append(box)
    known = set(images)
    strangers = [name for name in boxes if name not in known]
    notes = (
        [f"{path.name}: {len(strangers)} images with boxes are not in the table ({strangers[0]})"] if strangers else []
    )
    return [boxes.get(name, np.nan) for name in images], notes
