"""CheXpert (Irvin et al. 2019): chest radiographs of Stanford with 14 labels read from reports, many of them uncertain.

A distribution (`CheXpert-v1.0`, `CheXpert-v1.0-small`) is a folder with `train.csv`, `valid.csv` and images in
`train/patient00001/study1/view1_frontal.jpg`; the paths of its tables begin with the name of the distribution. The test
set, if it exists, has `test_labels.csv` (or `groundtruth.csv`) with one row per study. CheXpert Plus has one table
whose paths (`path_to_image`) begin with `train` or `valid`, and its labels in `report_fixed.json`, an object per line.
Labels of train are 1, 0, -1 (uncertain) or empty (not mentioned); those of valid and test were read from the images by
radiologists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from radiobundle.sources.bad_rows import left_out_by
from radiobundle.sources.chexpert_labels import LABELS, check_options, read_ages, read_label_columns, read_sexes
from radiobundle.sources.folders import require_folder
from radiobundle.sources.projections import of_view
from radiobundle.sources.table import SourceTable
from radiobundle.sources.table_file import RawTable, read_table

TABLES = {"training": ("train.csv",), "validation": ("valid.csv",), "test": ("test_labels.csv", "groundtruth.csv")}
PLUS_TABLES, PLUS_LABELS = "df_chexpert_plus*.csv", "report_fixed.json"
_PATH_COLUMNS = ("Path", "path_to_image", "Study")
_OF_PLUS = {"frontal_lateral": "Frontal/Lateral", "ap_pa": "AP/PA", "age": "Age", "sex": "Sex"}
_PREFIX = r"^(.*?)(?=(?:train|valid|test)/patient)"
_EXAMPLE = ".../train/patient00001/study1/view1_frontal.jpg"
_PARTS = r"^(?:.*/)?(train|valid|test)/(patient\d+)/(study\d+)(?:/(view\d+_(frontal|lateral)\.\w+))?$"


class _Part(NamedTuple):
    """The content of one table: a row per image, notes, and studies without an image."""

    table: pd.DataFrame
    notes: list[str]
    left_out: list[str]


def read_chexpert(
    dataset_dir: str | Path, *, labels: Sequence[str] = (), view: str = "frontal", csv: str | Path | None = None
) -> SourceTable:
    """Read the tables of a distribution.

    Patient and study come from the path. If there is no test table, the radiologists' `valid.csv` is the test and
    validation is to be carved from train; otherwise each table is the split it is named after.

    Args:
        dataset_dir: the distribution's folder, or its parent.
        labels: which of the 14 go into the datalist, in this order; default: the five of the competition.
        view: frontal, lateral, all, PA or AP; the others are left out and counted.
        csv: one table instead of those in the folder.

    Returns:
        one row per image; `view` is PA, AP, LL, RL, Frontal or Lateral; study ids are numbered per patient.

    Raises:
        ValueError: a file, path, label or value is wrong; the message names it.
    """
    chosen = check_options(labels, view)
    folder = Path(dataset_dir)
    files = [Path(csv)] if csv else _find_tables(folder)
    parts = [_read_part(path, folder) for path in files]
    table = pd.concat([part.table for part in parts], ignore_index=True)
    notes = [f"{path.name}: {len(part.table)} images" for path, part in zip(files, parts, strict=True)]
    notes += [note for part in parts for note in part.notes]
    if not (table["split"] == "test").any() and (table["split"] == "validation").any():
        table["split"] = table["split"].replace({"validation": "test"})
        notes.append("there is no test table: valid.csv, which radiologists labelled, is used as the test set")
    is_frontal = table["image"].str.contains("_frontal.", regex=False)
    wanted = of_view(table["view"], is_frontal, view)
    stays, left_out = left_out_by({f"another view than {view}": ~wanted}, table["image"])
    if without := [study for part in parts for study in part.left_out]:
        left_out["no image of the study in the folder"] = without
    return SourceTable(
        source="chexpert",
        table=table[stays].reset_index(drop=True),
        labels=LABELS,
        taught=chosen,
        source_files=tuple(files),
        notes=tuple(notes),
        left_out=left_out,
    )


def _find_tables(folder: Path) -> list[Path]:
    require_folder(folder, "the tables of CheXpert, or the one above it")
    for place in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        found = [place / name for names in TABLES.values() for name in names if (place / name).is_file()]
        if found := found or sorted(place.glob(PLUS_TABLES)):
            return found
    names = ", ".join(name for names in TABLES.values() for name in names)
    raise ValueError(
        f"{folder}: none of {names}, {PLUS_TABLES} in it or in a folder below it; name the table with `csv`"
    )


def _read_part(path: Path, folder: Path) -> _Part:
    raw = read_table(path, wanted=("Path", *LABELS))
    column = next((name for name in _PATH_COLUMNS if name in raw.rows), None)
    if column is None:
        raise ValueError(f"{path} lacks the column '{_PATH_COLUMNS[0]}'; expected a table of CheXpert")
    if column == "path_to_image" and LABELS[0] not in raw.rows:
        raw = _with_labels_of_plus(raw)
    paths = raw.rows[column].str.strip().str.replace("\\", "/", regex=False)
    parts = paths.str.extract(_PARTS)
    raw.refuse(
        parts[1].isna(),
        lambda row: f"'{paths.iloc[row]}' does not name patient and study as CheXpert does ({_EXAMPLE})",
        fix="for other tables use `radiobundle datalist csv`",
    )
    prefixes = paths.str.extract(_PREFIX)[0]
    raw.refuse(
        ~prefixes.isin(prefixes[:1]),
        lambda row: f"'{paths.iloc[row]}' belongs to another distribution than '{paths.iloc[0]}'",
        fix="keep the rows of one distribution",
    )
    ages, told = read_ages(raw.rows.get("Age"), raw.rows.index)
    sexes, told_of_sexes = read_sexes(raw.rows.get("Sex"), raw.rows.index)
    table = pd.DataFrame(
        {
            "image": paths,
            "patient_id": parts[1],
            "study_id": parts[2],
            "view": _views(raw.rows, parts[4]),
            "age": ages.astype(float),
            "sex": sexes,
            "split": parts[0].map({"train": "training", "valid": "validation", "test": "test"}),
            **read_label_columns(raw),
        }
    )
    without: list[str] = []
    if column == "Study":
        table, without = _images_of_studies(table, path.parent)
    notes = [f"{path.name}: {note}" for note in (*raw.notes, *told, *told_of_sexes)]
    return _Part(table.assign(image=_relative(table["image"], folder)), notes, without)


def _with_labels_of_plus(raw: RawTable) -> RawTable:
    """Return the table of CheXpert Plus with its labels, which are in a separate file, joined by path."""
    found = sorted(raw.path.parent.rglob(PLUS_LABELS))
    if not found:
        raise ValueError(f"{raw.path} has no labels; put {PLUS_LABELS} of CheXpert Plus into its folder, or below it")
    try:
        labels = pd.read_json(found[0], lines=True, dtype=False).set_index("path_to_image")[list(LABELS)]
    except (ValueError, KeyError) as error:
        raise ValueError(f"{found[0]}: does not hold the labels of CheXpert Plus ({error}); fetch it again") from error
    paths = raw.rows["path_to_image"]
    unlabelled = np.flatnonzero(~paths.isin(labels.index))
    if len(unlabelled) or labels.index.has_duplicates:
        first = f"lacks {paths.iloc[unlabelled[0]]} ({len(unlabelled)} such images)" if len(unlabelled) else ""
        raise ValueError(f"{found[0]}: {first or 'names an image twice'}; fetch it again")
    texts = labels.reindex(paths).astype(object).where(lambda cells: cells.notna(), "").astype(str)
    rows = raw.rows.rename(columns=_OF_PLUS).assign(**{name: texts[name].to_numpy() for name in LABELS})
    return replace(raw, rows=rows, notes=(*raw.notes, f"labels of {found[0].name}"))


def _views(rows: pd.DataFrame, side: pd.Series) -> pd.Series:
    """Return PA, AP and so on where the table says so, else Frontal or Lateral, from the column or the path."""
    seen = rows["Frontal/Lateral"] if "Frontal/Lateral" in rows else side.str.capitalize()
    detail = rows["AP/PA"] if "AP/PA" in rows else pd.Series("", index=rows.index)
    views = detail.where(detail.ne(""), seen)
    return views.where(views.ne(""))


def _images_of_studies(table: pd.DataFrame, folder: Path) -> tuple[pd.DataFrame, list[str]]:
    """Give every image in a study's folder the study's labels; also return the studies without images."""
    rows, without = [], []
    for row in table.to_dict("records"):
        study = folder / f"test/{row['patient_id']}/{row['study_id']}"
        images = sorted(study.glob("view*_*.*"))
        for image in images:
            view = "Lateral" if "lateral" in image.name else "Frontal"
            rows.append({**row, "image": f"{row['image']}/{image.name}", "view": view})
        if not images:
            without.append(row["image"])
    return pd.DataFrame(rows, columns=table.columns), without


def _relative(paths: pd.Series, folder: Path) -> pd.Series:
    """Return paths below `folder`: its own name is cut off where it is the distribution's folder, not its parent."""
    if paths.empty:
        return paths
    short = paths.str.replace(_PREFIX, "", regex=True)
    prefix = str(paths.iloc[0])[: -len(short.iloc[0])].rstrip("/")
    is_distribution = any((folder / name).exists() for name in ("train.csv", "valid.csv", "train", "valid"))
    return short if is_distribution or folder.resolve().name == prefix else paths
