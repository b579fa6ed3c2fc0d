"""Chest radiographs of children, sorted into folders: normal, "covid", "non-covid".

Two layouts of the same images (Kermany et al. 2018, doi 10.17632/rscbjbr9sj) are read:

* the course layout `{train,val,test}/{normal,infected/covid,infected/non-covid}`, whose files are only numbered:
  no patient ids survive, so they are NaN;
* the original layout `{train,val,test}/{NORMAL,PNEUMONIA}`, where the file name tells bacterial from viral.

The counts of the two agree folder by folder (train 1341 / 1345 / 2530): what the course calls "covid" is Kermany's
*viral* class and what it calls "non-covid" his *bacterial* class. The images were taken before 2019; nobody in them
has COVID-19. The labels keep the course's names so that its study can be compared.

Patient ids of the original layout: `person63_bacteria_306.jpeg` is person 63. Whether bacterial and viral persons,
and the persons of train and test, are numbered in one series or in several is not documented. Rows are therefore
linked when they share (cause, number) in any folder, or (number) inside train+val or inside test; linked rows get one
patient id. This may join strangers, and then costs nothing but a little freedom in splitting. Normal images
(`IM-0115-0001.jpeg`, `NORMAL2-IM-0927-0001.jpeg`) name an image series, `IM-0115` and `NORMAL2-IM-0927`, which stands
in for the patient and is also the `study_id`.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.sources.folders import image_names, other_files_notes, require_folder
from radiobundle.sources.linked_rows import linked_groups
from radiobundle.sources.table import SourceTable

LABELS = ("normal", "covid", "non-covid")
IMAGE_SUFFIXES = (".jpeg", ".jpg", ".png")
FOLDER_OF_SPLIT = {"training": "train", "validation": "val", "test": "test"}
FOLDER_OF_LABEL = {"normal": "normal", "covid": "infected/covid", "non-covid": "infected/non-covid"}

_CAUSE_TO_LABEL = {"bacteria": "non-covid", "virus": "covid"}
_PERSON = re.compile(r"person(?P<number>\d+)_(?P<cause>bacteria|virus)_", re.IGNORECASE)
_SERIES = re.compile(r"(?P<series>(?:NORMAL\d*-)?IM-\d+)-", re.IGNORECASE)


def read_pneumonia(dataset_dir: str | Path) -> SourceTable:
    """Read the folder tree, in the course layout or in Kermany's original one.

    Raises:
        ValueError: a folder of a split or a class is missing or empty, or a file name tells no class.
    """
    root = Path(dataset_dir)
    require_folder(root, "train, val and test")
    original = any((root / folder / "PNEUMONIA").is_dir() for folder in FOLDER_OF_SPLIT.values())
    rows = [
        row
        for split, folder in FOLDER_OF_SPLIT.items()
        for row in (_original_rows if original else _course_rows)(root, split, folder)
    ]
    table = pd.DataFrame(rows, columns=["image", "split", "label", "cause", "number", "series"], dtype=object)
    for label in LABELS:
        table[label] = (table["label"] == label).astype(np.int8)
    table["patient_id"] = _patient_ids(table)
    table["study_id"] = table["series"]
    table[["view", "age", "sex"]] = np.nan
    columns = ["image", "patient_id", "study_id", "view", "age", "sex", "split", *LABELS]
    return SourceTable(
        source="pneumonia",
        table=table[columns],
        labels=LABELS,
        exclusive=True,
        notes=other_files_notes(
            root,
            FOLDER_OF_SPLIT.values(),
            table["image"],
            f"the split folders are not {', '.join(IMAGE_SUFFIXES)} in a class folder",
        ),
    )


def _course_rows(root: Path, split: str, folder: str) -> list[dict[str, object]]:
    return [
        {"image": name, "split": split, "label": label}
        for label, subfolder in FOLDER_OF_LABEL.items()
        for name in _image_names(root, f"{folder}/{subfolder}")
    ]


def _original_rows(root: Path, split: str, folder: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for name in _image_names(root, f"{folder}/NORMAL"):
        series = _SERIES.match(Path(name).name)
        known = series.group("series").upper() if series else np.nan
        rows.append({"image": name, "split": split, "label": "normal", "series": known})
    for name in _image_names(root, f"{folder}/PNEUMONIA"):
        person = _PERSON.match(Path(name).name)
        if person is None:
            raise ValueError(
                f"{root / name}: the name contains neither bacteria nor virus; expected person<N>_bacteria_<M> or "
                "person<N>_virus_<M>. Rename or remove the file"
            )
        cause = person.group("cause").lower()
        rows.append(
            {
                "image": name,
                "split": split,
                "label": _CAUSE_TO_LABEL[cause],
                "cause": cause,
                "number": int(person.group("number")),
            }
        )
    present = {row["label"] for row in rows}
    if len(present) < len(LABELS):
        absent = [cause for cause, label in _CAUSE_TO_LABEL.items() if label not in present]
        raise ValueError(f"{root / folder / 'PNEUMONIA'}: no *{absent[0]}* image in it; complete the folder")
    return rows


def _image_names(root: Path, folder: str) -> list[str]:
    path = root / folder
    if not path.is_dir():
        raise ValueError(
            f"{path}: no such folder. Expected {{train,val,test}}/{{normal,infected/covid,infected/non-covid}} or "
            f"Kermany's {{train,val,test}}/{{NORMAL,PNEUMONIA}} under {root}; create or rename the folder"
        )
    names = image_names(path, IMAGE_SUFFIXES)
    if not names:
        raise ValueError(f"{path}: no image ({', '.join(IMAGE_SUFFIXES)}) in it; put the class's images there")
    return [f"{folder}/{name}" for name in sorted(names, key=_natural)]


def _natural(name: str) -> tuple[list[int | str], str]:
    parts: list[int | str] = []
    for text, digits in re.findall(r"(\D*)(\d*)", name):
        parts += [text, int(digits) if digits else -1]
    return parts, name


def _patient_ids(table: pd.DataFrame) -> pd.Series:
    person = table["number"].notna()
    cause, number, series = (table[column].astype("string") for column in ("cause", "number", "series"))
    part = table["split"].eq("test").map({True: "test", False: "train"})
    groups = pd.Series(
        linked_groups(len(table), [(cause + number).where(person), (part + number).where(person), series]),
        index=table.index,
    )
    names = (cause + "-" + number).where(person, series)
    return names.groupby(groups).transform("first").astype(object).where(names.notna(), np.nan)
