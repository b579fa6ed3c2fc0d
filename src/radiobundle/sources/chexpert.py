"""CheXpert (Irvin et al. 2019): chest radiographs of Stanford with 14 labels read from reports, many of them uncertain.

A distribution (`CheXpert-v1.0`, `CheXpert-v1.0-small`) is a folder with `train.csv`, `valid.csv` and images in
`train/patient00001/study1/view1_frontal.jpg`; the paths of its tables begin with the name of the distribution. The test
set, where it is there, has `test_labels.csv` (or `groundtruth.csv`) with one row per study. CheXpert Plus has one table
whose paths (`path_to_image`) begin with `train` or `valid`. Labels of train are 1, 0, -1 (uncertain) or empty (not
mentioned); those of valid and test were read from the images by radiologists.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.sources.ages import age_years
from radiobundle.sources.bad_rows import BadRows
from radiobundle.sources.label_values import label_column
from radiobundle.sources.table import SourceTable
from radiobundle.sources.table_file import RawTable, read_table
from radiobundle.suggest import did_you_mean

LABELS = (
    "No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation",
    "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices",
)  # fmt: skip
COMPETITION = ("Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Pleural Effusion")
VIEW_CHOICES = ("frontal", "lateral", "all", "PA", "AP")
TABLES = {"training": ("train.csv",), "validation": ("valid.csv",), "test": ("test_labels.csv", "groundtruth.csv")}
PLUS_TABLES = "df_chexpert_plus*.csv"
_PATH_COLUMNS = ("Path", "path_to_image", "Study")
_PARTS = r"^(?:.*/)?(train|valid|test)/(patient\d+)/(study\d+)(?:/(view\d+_(frontal|lateral)\.\w+))?$"


def read_chexpert(
    dataset_dir: str | Path, *, labels: Sequence[str] = (), view: str = "frontal", csv: str | Path | None = None
) -> SourceTable:
    """Read the tables of a distribution.

    Patient and study come from the path. Where there is no test table, the radiologists' `valid.csv` is the test and
    validation is to be carved from train; with one, each is what it is called.

    Args:
        dataset_dir: the distribution's folder, or its parent.
        labels: which of the 14 go into the datalist, in this order; default: the five of the competition.
        view: frontal, lateral, all, PA or AP; the others are left out and counted.
        csv: one table instead of those in the folder.

    Returns:
        one row per image; `view` is PA, AP, LL, RL or Lateral; study ids are numbered per patient.

    Raises:
        ValueError: a file, path, label or value is wrong; the message names it.
    """
    chosen = tuple(labels) or COMPETITION
    for name in chosen:
        if name not in LABELS:
            raise ValueError(f"`labels`: CheXpert has no '{name}'{did_you_mean(name, LABELS)}")
    if view not in VIEW_CHOICES:
        raise ValueError(f"`view` '{view}' is unknown; use {', '.join(VIEW_CHOICES)}")
    folder = Path(dataset_dir)
    files = [Path(csv)] if csv else _find_tables(folder)
    parts = [_read_part(path, folder) for path in files]
    table = pd.concat(parts, ignore_index=True)
    notes = [f"{path.name}: {len(part)} rows" for path, part in zip(files, parts, strict=True)]
    if not (table["split"] == "test").any() and (table["split"] == "validation").any():
        table["split"] = table["split"].replace({"validation": "test"})
        notes.append("there is no test table: valid.csv, which radiologists labelled, is the test")
    wanted = _of_view(table, view)
    left_out = {f"another view than {view}": table["image"][~wanted].tolist()} if not wanted.all() else {}
    return SourceTable(
        source="chexpert",
        table=table[wanted].reset_index(drop=True),
        labels=LABELS,
        taught=chosen,
        exclusive=False,
        source_files=tuple(files),
        notes=tuple(notes),
        left_out=left_out,
    )


def _find_tables(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder; give the folder of a CheXpert distribution, or its parent")
    for place in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        found = [place / name for names in TABLES.values() for name in names if (place / name).is_file()]
        if found := found or sorted(place.glob(PLUS_TABLES)):
            return found
    names = ", ".join(name for names in TABLES.values() for name in names)
    raise ValueError(f"{folder}: none of {names}, {PLUS_TABLES} in it or in a folder below; name the table with `csv`")


def _read_part(path: Path, folder: Path) -> pd.DataFrame:
    raw = read_table(path, wanted=("Path", *LABELS))
    column = next((name for name in _PATH_COLUMNS if name in raw.rows), None)
    missing = [name for name in LABELS if name not in raw.rows]
    if column is None or missing:
        lacks = repr(missing[0]) if column else f"'{_PATH_COLUMNS[0]}'"
        raise ValueError(f"{path} lacks the column {lacks}; expected is a table of CheXpert")
    if len(raw.misshapen):
        row, problem = next(iter(raw.misshapen.items()))
        raise ValueError(f"{raw.locate(row)}: {problem} ({len(raw.misshapen)} such rows); fetch the table again")
    paths = raw.rows[column].str.strip().str.replace("\\", "/", regex=False)
    parts = paths.str.extract(_PARTS)
    _refuse_odd_paths(raw, paths, parts[1])
    values = {label: _labels_of(raw, label) for label in LABELS}
    table = pd.DataFrame(
        {
            "image": paths,
            "patient_id": parts[1],
            "study_id": parts[2],
            "view": _views(raw.rows, parts[4]),
            "age": _ages(raw),
            "sex": _sexes(raw.rows),
            "split": parts[0].map({"train": "training", "valid": "validation", "test": "test"}),
            **values,
        }
    )
    if column == "Study":
        table = _images_of_studies(table, path.parent)
    return table.assign(image=_relative(table["image"], folder))


def _refuse_odd_paths(raw: RawTable, paths: pd.Series, patients: pd.Series) -> None:
    odd = np.flatnonzero(patients.isna())
    if len(odd):
        raise ValueError(
            f"{raw.locate(odd[0])}: '{paths.iloc[odd[0]]}' names no patient and study as CheXpert does "
            f"(.../train/patient00001/study1/view1_frontal.jpg; {len(odd)} such rows). Another table is read with "
            "`radiobundle datalist csv`"
        )


def _labels_of(raw: RawTable, label: str) -> pd.Series:
    values, unknown = label_column(raw.rows[label])
    bad = BadRows(len(raw.rows), raw.locate, on_bad_row="error")
    cells = raw.rows[label]
    bad.add(
        unknown.to_numpy(dtype=bool), "label not understood", lambda row: f"column '{label}' holds '{cells.iloc[row]}'",
        fix="a label of CheXpert is 1.0, 0.0, -1.0 or empty",
    )  # fmt: skip
    return values


def _views(rows: pd.DataFrame, side: pd.Series) -> pd.Series:
    """Return PA, AP and so on where the table says so, else Frontal or Lateral, from the column or the path."""
    seen = rows["Frontal/Lateral"] if "Frontal/Lateral" in rows else side.str.capitalize()
    detail = rows["AP/PA"] if "AP/PA" in rows else pd.Series("", index=rows.index)
    views = detail.where(detail.ne(""), seen)
    return views.where(views.ne(""))


def _ages(raw: RawTable) -> pd.Series:
    cells = raw.rows["Age"] if "Age" in raw.rows else pd.Series("", index=raw.rows.index)
    return cells.map({text: age_years(text) for text in cells.unique()}).astype(float)


def _sexes(rows: pd.DataFrame) -> pd.Series:
    cells = rows["Sex"] if "Sex" in rows else pd.Series("", index=rows.index)
    return cells.map({"Male": "M", "Female": "F", "M": "M", "F": "F"})


def _images_of_studies(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Give every image of a study its labels; the folder tells which images there are."""
    rows = []
    for row in table.to_dict("records"):
        study = folder / f"test/{row['patient_id']}/{row['study_id']}"
        for image in sorted(study.glob("view*_*.*")):
            view = "Lateral" if "lateral" in image.name else "Frontal"
            rows.append({**row, "image": f"{row['image']}/{image.name}", "view": view})
    return pd.DataFrame(rows, columns=table.columns)


def _of_view(table: pd.DataFrame, view: str) -> pd.Series:
    if view in ("PA", "AP"):
        return table["view"] == view
    is_frontal = table["image"].str.contains("_frontal.", regex=False)
    return {"frontal": is_frontal, "lateral": ~is_frontal, "all": is_frontal | True}[view]


def _relative(paths: pd.Series, folder: Path) -> pd.Series:
    """Return paths below `folder`: its own name is cut off where it is the distribution's folder, not its parent."""
    short = paths.str.replace(r"^.*?(?=(?:train|valid|test)/patient)", "", regex=True)
    prefix = str(paths.iloc[0])[: -len(short.iloc[0])].rstrip("/")
    is_distribution = any((folder / name).exists() for name in ("train.csv", "valid.csv", "train", "valid"))
    return short if is_distribution or folder.resolve().name == prefix else paths
