"""MURA (Rajpurkar et al. 2018): radiographs of seven parts of the arm, each study normal or abnormal.

A distribution (`MURA-v1.1`) is a folder with images in `train/XR_ELBOW/patient00001/study1_positive/image1.png` and,
for `train` and `valid`, two tables without a header: `train_image_paths.csv`, a path a line, and
`train_labeled_studies.csv`, a study folder and 1 (abnormal) or 0. Their paths begin with the name of the distribution.
Where a table is missing, the folders say the same. Radiologists' clinical reports label a study, not an image; the
competition's test was never released. Study numbers start again for each patient and body part. Files that macOS adds
(`._image1.png`) are in some copies. The set may not be redistributed and was not available: its layout is known from
its description.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from radiobundle.sources.bad_rows import refuse_rows
from radiobundle.sources.body_parts import BODY_PART, absent_notes, check_parts, label_columns
from radiobundle.sources.folders import find_distribution, image_names, other_files_notes
from radiobundle.sources.label_values import read_flags
from radiobundle.sources.table import SourceTable
from radiobundle.sources.table_file import read_table
from radiobundle.suggest import did_you_mean

PARTS = ("elbow", "finger", "forearm", "hand", "humerus", "shoulder", "wrist")
TASKS = (BODY_PART, "abnormality")
FOLDERS = {"train": "training", "valid": "test"}
_STUDY = (
    r"^(?:.*/)?(?P<folder>train|valid)/XR_(?P<part>[^/]+)/(?P<patient>patient\d+)/"
    r"(?P<study>study\d+_(?P<sign>positive|negative))"
)
_IMAGE = _STUDY + r"/(?P<name>[^/]+\.(?i:png))$"
_EXAMPLE = "XR_ELBOW/patient00001/study1_positive/"
_NO_IMAGE = "no image of the study in the folder"
_MACOS = "not an image but a file of macOS"


class _Paths(NamedTuple):
    """Paths of images or studies, as a table or the folders name them."""

    texts: pd.Series
    locate: Callable[[int], str]


class _Folder(NamedTuple):
    """What `train` or `valid` holds: a row per image with the parts of its path, and studies without an image."""

    images: pd.DataFrame
    files: list[Path]
    notes: list[str]
    macos: list[str]
    without: list[str]


def read_mura(dataset_dir: str | Path, *, labels: Sequence[str] = (), task: str = BODY_PART) -> SourceTable:
    """Read the tables of a distribution or, if they are missing, its folders.

    `train` is for training and validation, `valid` is the test.

    Args:
        dataset_dir: the distribution's folder, or its parent.
        labels: the body parts whose images are wanted, in this order; default: all seven.
        task: `body-part` (multi-class), or `abnormality`: the one label `abnormal`, with the column `body_part`.

    Returns:
        one row per image; the study id is the study's folder below `train` or `valid`.

    Raises:
        ValueError: a file, path, label or value is wrong, or a table and the folder names disagree.
    """
    parts = check_parts(labels, PARTS, task=task, tasks=TASKS)
    folder = Path(dataset_dir)
    root = find_distribution(folder, _is_distribution, "train_image_paths.csv or train/XR_* of MURA")
    read = [_read_folder(root, name) for name in FOLDERS]
    found = pd.concat([part.images for part in read], ignore_index=True)
    below = _image_paths(found)
    prefix = "" if root == folder else f"{root.name}/"
    shown = pd.DataFrame({part: found["part"].str.lower() == part for part in PARTS})
    abnormal = (found["sign"] == "positive").astype(np.int8).rename("abnormal")
    columns, names = label_columns(shown, abnormal, parts=parts, task=task)
    table = pd.DataFrame(
        {
            "image": prefix + below,
            "patient_id": found["patient"],
            "study_id": _study_folders(found).str.partition("/")[2],
            **dict.fromkeys(("view", "age", "sex"), np.nan),
            "split": found["folder"].map(FOLDERS),
            **columns,
        }
    )
    wanted = shown[list(parts)].any(axis=1)
    left_out = {
        f"body part other than {', '.join(parts)}": table["image"][~wanted].tolist(),
        _MACOS: [prefix + path for part in read for path in part.macos],
        _NO_IMAGE: [prefix + path for part in read for path in part.without],
    }
    notes = [note for part in read for note in part.notes]
    if (table["split"] == "test").any():
        notes.append("there is no public test set: valid, which nothing is fitted on, is used as the test set")
    known = {*below, *(path for part in read for path in part.macos)}
    notes += other_files_notes(root, FOLDERS, known, "train and valid are not images of studies")
    return SourceTable(
        source="mura",
        table=table[wanted].reset_index(drop=True),
        labels=names,
        exclusive=task == BODY_PART,
        source_files=tuple(path for part in read for path in part.files),
        notes=(*notes, *absent_notes(shown, parts)),
        left_out={reason: rows for reason, rows in left_out.items() if rows},
    )


def _is_distribution(folder: Path) -> bool:
    return any((folder / f"{name}_image_paths.csv").is_file() or any((folder / name).glob("XR_*")) for name in FOLDERS)


def _read_folder(root: Path, name: str) -> _Folder:
    """Read the tables or folders of `train` or `valid`."""
    files, notes, empty = [], [], list[str]()
    table = root / f"{name}_image_paths.csv"
    if table.is_file():
        raw = read_table(table, header=("path",))
        raw.refuse_misshapen()
        raw.refuse_repeated(raw.rows)
        paths = _Paths(_tidy(raw.rows["path"]), raw.locate)
        files.append(table)
    else:
        paths, empty = _walk(root, name)
        is_there = (root / name).is_dir()
        notes.append(
            f"{table.name} is not there" + (": the folders are read instead" if is_there else f", nor is {name}")
        )
    found = _split_paths(paths, _IMAGE, name, "image1.png")
    is_macos = found["name"].str.startswith("._")
    images = found[~is_macos].reset_index(drop=True)
    studies = root / f"{name}_labeled_studies.csv"
    if studies.is_file():
        files.append(studies)
        empty = sorted({*empty, *_check_studies(studies, name, images)})
    elif len(images):
        notes.append(f"{studies.name} is not there: the folder names say which studies are abnormal")
    return _Folder(
        images, files, [f"{name}: {len(images)} images", *notes], _image_paths(found[is_macos]).tolist(), empty
    )


def _walk(root: Path, name: str) -> tuple[_Paths, list[str]]:
    """Return the images in the folders of studies, and the studies without any."""
    paths, without = list[str](), list[str]()
    for study in _folders(root / name, depth=3):
        below = study.relative_to(root).as_posix()
        names = sorted(image_names(study, (".png",)))
        paths += [f"{below}/{image}" for image in names]
        if not names:
            without.append(below)
    studies = _Paths(pd.Series(without, dtype=object), lambda row: str(root / without[row]))
    _split_paths(studies, _STUDY + "$", name, "")
    return _Paths(pd.Series(paths, dtype=object), lambda row: str(root / paths[row])), without


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the folders at a depth below a folder, except hidden ones."""
    if not depth:
        yield folder
    elif folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.name.startswith("."):
                yield from _folders(path, depth - 1)


def _tidy(texts: pd.Series) -> pd.Series:
    return texts.str.strip().str.replace("\\", "/", regex=False)


def _split_paths(paths: _Paths, pattern: str, name: str, image: str) -> pd.DataFrame:
    """Return the parts of paths, as the pattern names them.

    Raises:
        ValueError: a path is not of `train` or `valid` (`name`) as MURA names its own, or of an unknown body part.
    """
    found = paths.texts.str.extract(pattern)
    refuse_rows(
        found["folder"] != name,
        paths.locate,
        lambda row: f"'{paths.texts.iloc[row]}' does not match MURA's names in {name} ({name}/{_EXAMPLE}{image})",
        fix="correct or remove it. For other sets use `radiobundle datalist csv`",
    )
    parts = found["part"]
    refuse_rows(
        ~parts.str.lower().isin(PARTS),
        paths.locate,
        lambda row: f"MURA has no body part 'XR_{parts.iloc[row]}'{did_you_mean(parts.iloc[row], PARTS)}",
        fix=f"known parts are {', '.join(PARTS)}. Rename or remove it",
    )
    return found


def _check_studies(table: Path, name: str, images: pd.DataFrame) -> list[str]:
    """Compare the table of studies with the folder names of images; return the studies without an image.

    Raises:
        ValueError: a row is odd, a label disagrees with the folder's name, or the table lacks a study.
    """
    raw = read_table(table, header=("study", "label"))
    raw.refuse_misshapen()
    paths = _tidy(raw.rows["study"]).str.rstrip("/")
    found = _split_paths(_Paths(paths, raw.locate), _STUDY + "$", name, "")
    keys = _study_folders(found)
    raw.refuse_repeated(keys.to_frame())
    labels = read_flags(raw, "label")
    raw.refuse(
        labels != (found["sign"] == "positive"),
        lambda row: f"label {labels.iloc[row]} of {keys.iloc[row]} disagrees with the name of the folder",
        fix="correct the label, or fetch the set again",
    )
    taken = _study_folders(images)
    unlisted = taken[~taken.isin(keys)].unique()
    if len(unlisted):
        raise ValueError(
            f"{table} lacks the study {unlisted[0]}/ ({len(unlisted)} such studies with images); add a line for each, "
            "or fetch the table again"
        )
    return keys[~keys.isin(taken)].tolist()


def _image_paths(found: pd.DataFrame) -> pd.Series:
    return _study_folders(found) + "/" + found["name"]


def _study_folders(found: pd.DataFrame) -> pd.Series:
    return (found["folder"] + "/XR_" + found["part"] + "/" + found["patient"] + "/" + found["study"]).rename("study")
