"""NIH ChestX-ray14 (Wang et al. 2017): 112,120 frontal films of 30,805 patients with 14 findings read from reports.

What the NIH hands out: `Data_Entry_2017.csv` (two versions, see `read_chestxray14`), films in
`images_001` to `images_012`, the official lists `train_val_list.txt` and `test_list.txt`, and `BBox_List_2017.csv`,
boxes around findings on 880 test films. Films are 1024x1024 pixels; boxes are given in those pixels.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.sources.table import SourceTable

LABELS = (
    "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax",
    "Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia",
)  # fmt: skip
NO_FINDING = "No Finding"
TABLES = ("Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
LISTS = {"training": "train_val_list.txt", "test": "test_list.txt"}
BOXES = "BBox_List_2017.csv"
FILM_SIZE_PX = 1024
OLDEST_YEARS = 120
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


def read_chestxray14(dataset_dir: str | Path, *, csv: str | Path | None = None) -> SourceTable:
    """Read the label table, the official lists and the boxes, and find where the films lie.

    Both versions of the table are read: the one of 2020 and the original (with other ages, up to 414 years, in some
    copies as `058Y`); compressed or not; the header splits `OriginalImage[Width,Height]` in two columns in either.
    "No Finding" is a row without any finding.

    Args:
        dataset_dir: folder with the table, the lists, and the films in `images` or in `images_001/images` and so on.
        csv: the table; default: the 2020 version in the folder, else the original.

    Returns:
        one row per film of the table; `split` is the official list that names it, `boxes` a list of
        {label, x, y, width, height} as shares of the film's sides, or NaN.

    Raises:
        ValueError: a file, column, finding or box is wrong, or a patient is in both lists.
    """
    folder = Path(dataset_dir)
    path = Path(csv) if csv else _find_table(folder)
    raw = _read_table(path)
    where = _locate_films(folder)
    films = raw["image"]
    table = pd.DataFrame(
        {
            "image": [where.get(name, f"images/{name}") for name in films],
            "patient_id": raw["patient_id"].str.zfill(8),
            "study_id": np.nan,
            "view": raw["view"],
            "age": raw["age"],
            "sex": raw["sex"],
            "split": _read_lists(folder, films, raw["patient_id"]),
            **_read_findings(path, raw["findings"]),
        },
        index=raw.index,
    )
    boxes, box_notes = _read_boxes(folder / BOXES, films)
    table["boxes"] = boxes
    files = [path, *(folder / name for name in (*LISTS.values(), BOXES) if (folder / name).is_file())]
    return SourceTable(
        source="chestxray14",
        table=table,
        labels=LABELS,
        exclusive=False,
        source_files=tuple(files),
        notes=(*_age_notes(films, raw["age"]), *_stray_notes(where, films), *box_notes),
    )


def _find_table(folder: Path) -> Path:
    names = [name + ending for name in TABLES for ending in ("", ".gz")]
    found = [folder / name for name in names if (folder / name).is_file()]
    if not found:
        raise ValueError(f"{folder}: none of {', '.join(names)} is there; give the folder with the NIH's label table")
    return found[0]


def _read_table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise ValueError(f"{path}: no such table; name it with --csv FILE")
    raw = pd.read_csv(path, dtype=str, index_col=False, usecols=lambda name: name in _COLUMNS)
    missing = [name for name in _COLUMNS if name not in raw]
    if missing:
        raise ValueError(
            f"{path} lacks the column '{missing[0]}'; expected is the NIH's {' or '.join(TABLES)}, which begin with "
            f"{', '.join(list(_COLUMNS)[:2])}. Another table is read with `radiobundle datalist csv`"
        )
    raw = raw.rename(columns=_COLUMNS)
    for column in ("image", "findings", "patient_id"):
        if raw[column].isna().any():
            line = int(np.flatnonzero(raw[column].isna())[0]) + 2
            raise ValueError(f"{path}, line {line}: no {column}; fetch the table again")
    ages = pd.to_numeric(raw["age"].str.replace(r"Y$", "", regex=True), errors="coerce")
    wrong = ages.isna() & raw["age"].notna()
    if wrong.any():
        raise ValueError(f"{path}: age '{raw['age'][wrong].iloc[0]}' of {raw['image'][wrong].iloc[0]} is not in years")
    return raw.assign(age=ages)


def _read_findings(path: Path, findings: pd.Series) -> dict[str, pd.Series]:
    flags = findings.str.get_dummies(sep="|").astype(np.int8)
    unknown = [str(name) for name in flags if name not in (*LABELS, NO_FINDING)]
    if unknown:
        near = difflib.get_close_matches(unknown[0], LABELS, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else f"; known are {', '.join(LABELS)}"
        raise ValueError(f"{path}: unknown finding '{unknown[0]}'{hint}")
    if NO_FINDING in flags:
        both = flags[NO_FINDING].eq(1) & flags.drop(columns=NO_FINDING).any(axis=1)
        if both.any():
            raise ValueError(f"{path}: '{findings[both].iloc[0]}' is a finding and none at once; correct the row")
    flags = flags.reindex(columns=list(LABELS), fill_value=0)
    return {label: flags[label] for label in LABELS}


def _locate_films(folder: Path) -> dict[str, str]:
    """From file name to path below the folder; the first of the NIH's layouts that holds a film wins."""
    where: dict[str, str] = {}
    places = [folder, *(place for pattern in reversed(_FOLDERS) for place in sorted(folder.glob(pattern)))]
    for place in places:
        names = (entry.name for entry in place.iterdir() if entry.suffix.lower() in (".png", ".jpg", ".jpeg"))
        where |= {name: (place / name).relative_to(folder).as_posix() for name in names}
    return where


def _read_lists(folder: Path, films: pd.Series, patients: pd.Series) -> pd.Series:
    """Return the split of each film by the official lists; NaN where neither names it or there are no lists."""
    split: pd.Series = pd.Series(np.nan, index=films.index, dtype=object)
    paths = {name: folder / file for name, file in LISTS.items()}
    if not all(path.is_file() for path in paths.values()):
        return split
    for name, path in paths.items():
        listed = set(path.read_text(encoding="utf-8").split())
        split = split.mask(films.isin(listed), name)
    kinds = pd.DataFrame({"patient": patients, "split": split}).dropna().drop_duplicates()
    both = kinds["patient"][kinds["patient"].duplicated()]
    if len(both):
        raise ValueError(
            f"{paths['training']} and {paths['test']} both hold films of patient {both.iloc[0]} ({len(both)} such "
            "patients); take the NIH's own lists, or leave them out and use --split patient"
        )
    return split


def _read_boxes(path: Path, films: pd.Series) -> tuple[list[Any], list[str]]:
    """Return per film its boxes (NaN: none) and what is worth saying."""
    if not path.is_file():
        return [np.nan] * len(films), []
    raw = pd.read_csv(path, dtype=str, index_col=False)
    if len(raw.columns) < 6 or list(raw.columns[:2]) != ["Image Index", "Finding Label"]:
        raise ValueError(f"{path}: expected the NIH's list: Image Index, Finding Label, then x, y, width, height")
    boxes: dict[str, list[dict[str, Any]]] = {}
    for line, (name, label, *corners) in enumerate(raw.iloc[:, :6].to_numpy().tolist(), start=2):
        boxes.setdefault(name, []).append(_to_box(f"{path}, line {line} ({name})", label, corners))
    known = set(films)
    strangers = [name for name in boxes if name not in known]
    notes = (
        [f"{path.name}: {len(strangers)} films with boxes are not in the table ({strangers[0]})"] if strangers else []
    )
    return [boxes.get(name, np.nan) for name in films], notes


def _to_box(place: str, label: str, corners: Sequence[str]) -> dict[str, Any]:
    label = _NAMES_OF_FINDINGS.get(label, label)
    if label not in LABELS:
        raise ValueError(f"{place}: unknown finding '{label}'; known are {', '.join(LABELS)}")
    try:
        x, y, width, height = (float(value) / FILM_SIZE_PX for value in corners)
    except ValueError as error:
        raise ValueError(f"{place}: {error}; x, y, width and height are numbers of pixels") from error
    if min(x, y) < 0 or min(width, height) <= 0 or x + width > 1 or y + height > 1:
        raise ValueError(f"{place}: the box {list(corners)} lies outside its film of {FILM_SIZE_PX}x{FILM_SIZE_PX} px")
    return {"label": label, "x": x, "y": y, "width": width, "height": height}


def _age_notes(films: pd.Series, ages: pd.Series) -> list[str]:
    values = ages.to_numpy(dtype=float)
    impossible = int((values > OLDEST_YEARS).sum())
    if not impossible:
        return []
    oldest = int(np.nanargmax(values))
    largest = f"{values[oldest]:g}, of {films.iloc[oldest]}"
    return [f"{impossible} ages above {OLDEST_YEARS} years are kept (the largest: {largest})"]


def _stray_notes(where: dict[str, str], films: pd.Series) -> list[str]:
    stray = sorted(set(where) - set(films))
    return [f"{len(stray)} films on disk are not in the table (the first: {where[stray[0]]})"] if stray else []
