"""RSNA Pneumonia Detection Challenge (Shih et al. 2019): 26,684 images of ChestX-ray14, read again by 18 radiologists.

Kaggle distributes `stage_2_train_labels.csv` (a row for each box; `Target` 1: a lung opacity that may be pneumonia),
`stage_2_detailed_class_info.csv`, and DICOM files in `stage_2_train_images`, 1024x1024 px. Its `patientId` names an
image, not a patient: `pneumonia-challenge-dataset-mappings_2018.json`, which the RSNA distributes, has the name of each
image in ChestX-ray14, and with it the patient. A table of the DICOM headers, as torchxrayvision ships it, gives view,
age and sex.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.files import read_json
from radiobundle.sources.ages import impossible_age_notes
from radiobundle.sources.bad_rows import left_out_by
from radiobundle.sources.boxes import box_of
from radiobundle.sources.chexpert_labels import read_ages, read_sexes
from radiobundle.sources.find_table import find_table, read_columns
from radiobundle.sources.folders import locate_images, stray_notes
from radiobundle.sources.projections import require_views
from radiobundle.sources.table import SourceTable
from radiobundle.sources.table_file import RawTable
from radiobundle.suggest import check_choice

LABEL = "Pneumonia"
VIEW_CHOICES = ("all", "PA", "AP")
SIZE_PX = (1024, 1024)
_TABLES = ("stage_2_train_labels.csv", "kaggle_stage_2_train_labels.csv")
_CLASSES, _MAPPING = "stage_2_detailed_class_info.csv", "pneumonia-challenge-dataset-mappings_2018.json"
_HEADERS = "*stage_2_train_images_dicom_headers.csv"
_CORNERS = ("x", "y", "width", "height")
_COLUMNS = ("patientId", *_CORNERS, "Target")
_HEADER_COLUMNS = ("PatientID", "PatientAge", "PatientSex", "ViewPosition")
_WHAT = "the table of the RSNA's challenge"


def read_rsna(dataset_dir: str | Path, *, csv: str | Path | None = None, view: str = "all") -> SourceTable:
    """Read the table, and what else is in the folder: classes, DICOM headers as a table, the mapping to patients.

    Args:
        dataset_dir: folder of the tables and of `stage_2_train_images`.
        csv: the table, if it lies elsewhere.
        view: all, PA or AP; PA and AP need the table of DICOM headers.

    Returns:
        one row per image with `boxes`, and its `class` if that is known.

    Raises:
        ValueError: a file, column or value is wrong.
    """
    check_choice("view", view, VIEW_CHOICES)
    folder = Path(dataset_dir)
    raw = read_columns(find_table(folder, _TABLES, csv=csv, what=_WHAT), _COLUMNS, what=_WHAT, filled=["patientId"])
    targets = _targets(raw)
    names = targets.index.to_series().reset_index(drop=True)
    boxes = _boxes(raw)
    where, place_notes = locate_images(folder, ("stage_2_train_images",), (".dcm", ".png", ".jpg"))
    paths = {Path(name).stem: path for name, path in where.items()}
    facts, notes = _facts(folder, names)
    table = pd.DataFrame(
        {
            "image": [paths.get(name, f"stage_2_train_images/{name}.dcm") for name in names],
            "study_id": np.nan,
            **facts,
            "boxes": [boxes.get(name, np.nan) for name in names],
            LABEL: targets.to_numpy(),
        }
    )
    require_views(table["view"], view, f"{_HEADERS} (torchxrayvision ships it)")
    wanted = pd.Series(True, index=table.index) if view == "all" else table["view"].eq(view)
    stays, left_out = left_out_by({f"another view than {view}, or none given": ~wanted}, table["image"])
    return SourceTable(
        source="rsna",
        table=table[stays].reset_index(drop=True),
        labels=(LABEL,),
        source_files=(raw.path,),
        notes=(*raw.notes, *notes, *place_notes, *stray_notes(paths, names)),
        left_out=left_out,
    )


def _targets(raw: RawTable) -> pd.Series:
    """Return the target of each image, by its name."""
    cells = raw.rows["Target"]
    raw.refuse(~cells.isin(["0", "1"]), lambda row: f"Target is '{cells.iloc[row]}'", fix="it must be 0 or 1")
    targets = raw.rows.groupby("patientId", sort=False)["Target"].agg(["min", "max"])
    contrary = targets.index[targets["min"] != targets["max"]]
    if len(contrary):
        raise ValueError(f"{raw.path}: image {contrary[0]} has rows with Target 0 and 1; correct them")
    return targets["max"].astype(np.int8)


def _boxes(raw: RawTable) -> dict[str, list[dict[str, Any]]]:
    boxes: dict[str, list[dict[str, Any]]] = {}
    cells = raw.rows[["Target", "patientId", *_CORNERS]].to_numpy().tolist()
    for row, (target, name, *corners) in enumerate(cells):
        if target == "1":
            boxes.setdefault(name, []).append(box_of(raw.locate(row), LABEL, corners, size_px=SIZE_PX))
    return boxes


def _facts(folder: Path, names: pd.Series) -> tuple[dict[str, pd.Series], list[str]]:
    """Return patients, views, ages, sexes and classes, as far as the folder has them, and what it lacks."""
    unknown = pd.Series(np.nan, index=names.index, dtype=object)
    facts, notes = dict.fromkeys(("patient_id", "view", "age", "sex"), unknown), []
    if (folder / _MAPPING).is_file():
        facts["patient_id"] = _patients(folder / _MAPPING, names)
    else:
        notes.append(
            "patients are unknown: patientId names an image, and patients of ChestX-ray14 have several; put "
            f"{_MAPPING} into the folder"
        )
    if headers := sorted(folder.glob(_HEADERS + "*")):
        raw = read_columns(headers[0], _HEADER_COLUMNS, what="a table of DICOM headers")
        of_image = raw.rows.drop_duplicates("PatientID").set_index("PatientID").reindex(names).fillna("")
        cells = of_image.set_axis(names.index)
        facts["view"] = cells["ViewPosition"].replace("", np.nan)
        facts["age"], age_notes = read_ages(cells["PatientAge"], names.index)
        facts["sex"], sex_notes = read_sexes(cells["PatientSex"], names.index)
        notes += [*age_notes, *sex_notes, *impossible_age_notes(names.tolist(), facts["age"].to_numpy(dtype=float))]
    if (folder / _CLASSES).is_file():
        raw = read_columns(folder / _CLASSES, ("patientId", "class"), what="the challenge's table of classes")
        facts["class"] = names.map(raw.rows.drop_duplicates("patientId").set_index("patientId")["class"])
    return facts, notes


def _patients(path: Path, names: pd.Series) -> pd.Series:
    """Return the patient of each image: ChestX-ray14 names images `PATIENT_NUMBER.png`."""
    content: Any = read_json(path, fix="fetch it again")
    try:
        patient_of = {entry["subset_img_id"]: str(entry["img_id"]).partition("_")[0] for entry in content}
    except (TypeError, KeyError) as error:
        raise ValueError(f"{path}: is not the RSNA's mapping (subset_img_id, img_id); fetch it again") from error
    found: pd.Series = names.map(patient_of)
    if found.isna().any():
        missing = names[found.isna()]
        raise ValueError(f"{path}: does not name image {missing.iloc[0]} ({len(missing)} such images); fetch it again")
    return found
