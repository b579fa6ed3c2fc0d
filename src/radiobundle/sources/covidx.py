"""COVIDx CXR (Wang, Lin and Wong 2020): lists of chest radiographs from several sets, with or without COVID-19.

Each version has a text for each split, such as `train.txt` or `train_COVIDx9A.txt`, with a line for each image:
patient, file, class (positive or negative; in versions A normal, pneumonia, COVID-19) and, but for the first versions,
the set that it comes from. Images lie in `train`, `test` and `val`. Class and set coincide in parts of the list, so
that a network can learn the hospital: compare within `origin`.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.labels import split_name
from radiobundle.sources.folders import require_folder
from radiobundle.sources.table import SourceTable
from radiobundle.sources.table_file import read_lines

CLASSES = (("negative", "positive"), ("normal", "pneumonia", "COVID-19"))
_LIST = re.compile(r"(?P<split>train|val|test)(?:_split)?(?:_COVIDx\w*)?\.txt", re.IGNORECASE)
_FIELDS = ("patient", "file", "class", "origin")


def read_covidx(dataset_dir: str | Path) -> SourceTable:
    """Read the lists of all splits.

    Args:
        dataset_dir: folder of the lists and of `train`, `test` and `val`.

    Returns:
        one row per image; `split` is that of its list, `origin` the set it comes from.

    Raises:
        ValueError: there is no list, two lists are of one split, or a line cannot be read.
    """
    folder = Path(dataset_dir)
    require_folder(folder, "COVIDx's lists")
    lists: dict[str, Path] = {}
    for path in sorted(folder.glob("*.txt")):
        if match := _LIST.fullmatch(path.name):
            split = match["split"].lower()
            if split in lists:
                raise ValueError(f"{folder}: {lists[split].name} and {path.name} are of one split; keep one version")
            lists[split] = path
    if not lists:
        raise ValueError(f"{folder}: holds no train.txt or train_COVIDx...txt; give the folder with COVIDx's lists")
    rows = pd.DataFrame([row for split, path in lists.items() for row in _read_list(path, split)])
    found = set(rows["class"])
    classes = next((known for known in CLASSES if found <= set(known)), None)
    if classes is None:
        raise ValueError(
            f"{folder}: the lists name the classes {', '.join(sorted(found))}; known are "
            f"{' or '.join(', '.join(known) for known in CLASSES)}"
        )
    table = pd.DataFrame(
        {
            "image": rows["split"] + "/" + rows["file"],
            # Numbers of patients are those of their own set.
            "patient_id": (rows["origin"].astype(object).fillna("") + " " + rows["patient"]).str.strip(),
            **dict.fromkeys(("study_id", "view", "age", "sex"), np.nan),
            "split": rows["split"].map(split_name),
            "origin": rows["origin"],
            **{name: rows["class"].eq(name).astype(np.int8) for name in classes},
        }
    )
    return SourceTable(source="covidx", table=table, labels=classes, exclusive=True, source_files=tuple(lists.values()))


def _read_list(path: Path, split: str) -> list[dict[str, object]]:
    lines = read_lines(path)
    if not lines:
        raise ValueError(f"{path}: is empty; fetch it again, or remove it")
    return [
        {"split": split, **_fields(f"{path}, line {number}", line.split())}
        for number, line in enumerate(lines, start=1)
    ]


def _fields(location: str, words: list[str]) -> dict[str, object]:
    """Return the fields of a line; the name of a file may hold spaces, the others do not."""
    known = {name for names in CLASSES for name in names}
    at = next((at for at in (-1, -2) if len(words) + at >= 2 and words[at] in known), None)
    if at is None:
        raise ValueError(f"{location}: expected patient, file, class and set, found '{' '.join(words)}'; correct it")
    origin = words[-1] if at == -2 else np.nan
    return dict(zip(_FIELDS, (words[0], " ".join(words[1:at]), words[at], origin), strict=True))
