"""Read and write predictions.csv in pieces, and say precisely what is wrong with a column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype, union_categoricals

from radiobundle.evaluation.predictions.studies import STUDY
from radiobundle.evaluation.predictions.table import UNKNOWN_PATIENT, Predictions, infer_task, own_patient
from radiobundle.files import replacing
from radiobundle.labels import IGNORED, Task, split_name
from radiobundle.sources.comma_file import line_of, read_header
from radiobundle.sources.identifiers import clean_ids
from radiobundle.suggest import did_you_mean
from radiobundle.words import counted

_ROWS_PER_PIECE = 250_000
_EMPTY = ["", "nan", "NaN", "NA", "null", "None"]
_OLD_NAME = re.compile(r"^call(?=$|:)")  # of the columns `predicted` in files of earlier versions


def read_predictions(
    path: str | Path, *, task: Task | None = None, column_map: Mapping[str, str] | None = None
) -> Predictions:
    """Read a predictions CSV in pieces, so that ten million rows need little more memory than their values.

    Args:
        path: the CSV.
        task: how the classes relate; None infers it, see `infer_task`.
        column_map: our column name -> the file's, for files from another tool, as in
            `{"image": "filename", "prob:infected": "score"}`.

    Raises:
        ValueError: the file, a column or a value is wrong; the message names the place and the fix.
        OSError: the file cannot be read.
    """
    columns = _read_columns(Path(path), column_map=dict(column_map or {}))
    try:
        return Predictions(**columns, task=task or infer_task(columns["truth"], columns["probabilities"]))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def write_predictions(path: str | Path, predictions: Predictions) -> None:
    """Write a predictions CSV; the file appears only once it is complete. Values survive reading back exactly."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        for start in range(0, max(len(predictions), 1), 200_000):
            rows = np.arange(start, min(start + 200_000, len(predictions)))
            _to_table(predictions.subset(rows)).to_csv(file, index=False, header=start == 0)


def _read_columns(path: Path, *, column_map: dict[str, str]) -> dict[str, Any]:
    """Return the columns of `path` as attributes of `Predictions`; `column_map` goes from our name to the file's."""
    header = read_header(path, wanted=("image", "split", *column_map.values()))
    rename = _check_map(path, header, column_map)
    names = [rename.get(name, name) for name in header]
    names = [name if (now := _OLD_NAME.sub("predicted", name)) in names else now for name in names]
    labels = _find_labels(path, names)
    label_columns = [f"label:{label}" for label in labels]
    value_columns = label_columns + [f"prob:{label}" for label in labels]
    texts = [name for name in ("image", "patient_id", "split") if name in names]
    group_names = [name for name in names if name not in {*texts, *value_columns}]
    pieces: dict[str, list] = {name: [] for name in names}
    start = 0
    for piece in pd.read_csv(
        path,
        names=names,
        header=0,
        chunksize=_ROWS_PER_PIECE,
        keep_default_na=False,
        na_values=dict.fromkeys((*value_columns, *group_names), _EMPTY),
        dtype=dict.fromkeys([*texts, *(name for name in group_names if name == STUDY)], object),
        low_memory=False,
        encoding="utf-8-sig",
        index_col=False,
    ):
        for name in label_columns:
            pieces[name].append(_to_truth(path, name, piece[name], start))
        for name in value_columns[len(labels) :]:
            pieces[name].append(_to_numbers(path, name, piece[name], start))
        pieces["image"].append(_to_images(path, piece["image"], start))
        for name in (*texts[1:], *group_names):
            pieces[name].append(piece[name] if is_numeric_dtype(piece[name]) else piece[name].astype("category"))
        start += len(piece)
    if not start:
        raise ValueError(f"{path}: holds a header but no rows")
    images = np.concatenate(pieces.pop("image"))
    _refuse_duplicates(path, images)
    patients = _join(pieces.pop("patient_id")) if "patient_id" in names else None
    splits = _join(pieces.pop("split")) if "split" in names else None
    patient_ids, notes = (None, []) if patients is None else _patients(patients, images)
    columns: dict[Any, Any] = {name: _join(pieces.pop(name)) for name in group_names}
    if STUDY in columns:
        columns[STUDY], told = clean_ids(columns[STUDY], "study")
        notes += told
    return {
        "images": images,
        "patient_ids": patient_ids,
        "splits": _splits(path, splits, len(images)),
        "labels": labels,
        "truth": np.stack([np.concatenate(pieces.pop(name)) for name in label_columns], axis=1),
        "probabilities": np.stack([np.concatenate(pieces.pop(f"prob:{label}")) for label in labels], axis=1),
        "groups": pd.DataFrame(columns, index=range(len(images))),
        "notes": tuple(notes),
    }


def _check_map(path: Path, header: list[str], column_map: dict[str, str]) -> dict[str, str]:
    for ours, theirs in column_map.items():
        if theirs not in header:
            raise ValueError(
                f"{path}: `column_map` {ours}={theirs}: no column {theirs!r}{did_you_mean(theirs, header)}"
            )
        if ours in header and ours != theirs:
            raise ValueError(f"{path}: `column_map` {ours}={theirs}: the file already has a column {ours!r}")
        if ours not in ("image", "patient_id", "split") and not ours.startswith(("label:", "prob:")):
            raise ValueError(
                f"`column_map` {ours}={theirs}: {ours!r} is not a column of predictions.csv; the left side is image, "
                "patient_id, split, label:NAME or prob:NAME"
            )
    if len(set(column_map.values())) < len(column_map):
        raise ValueError(f"`column_map` gives one column of {path} two names: {column_map}")
    return {theirs: ours for ours, theirs in column_map.items()}


def _find_labels(path: Path, names: list[str]) -> tuple[str, ...]:
    if "image" not in names:
        hint = did_you_mean("image", names) or "; name it with `column_map` image=COLUMN"
        raise ValueError(f"{path}: no column 'image' among {', '.join(names[:8])}{hint}")
    labels = [name.removeprefix("label:") for name in names if name.startswith("label:")]
    scored = [name.removeprefix("prob:") for name in names if name.startswith("prob:")]
    if not labels:
        raise ValueError(
            f"{path}: no column 'label:NAME'; name the columns of another tool with `column_map` label:NAME=COLUMN, "
            "prob:NAME=COLUMN"
        )
    for label in labels:
        if label not in scored:
            near = did_you_mean(label, [name for name in scored if name not in labels])
            raise ValueError(f"{path}: column 'label:{label}' has no 'prob:{label}'{near}")
    for label in scored:
        if label not in labels:
            raise ValueError(f"{path}: column 'prob:{label}' has no 'label:{label}'")
    return tuple(labels)


def _to_numbers(path: Path, name: str, column: pd.Series, start: int) -> np.ndarray:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    inside = (values >= 0) & (values <= 1)
    if not inside.all():
        row = int(np.flatnonzero(~inside)[0])
        value = column.iloc[row]
        found = "empty" if pd.isna(value) else repr(value) if isinstance(value, str) else str(value)
        raise ValueError(
            f"{path}, line {line_of(path, start + row)}, column {name!r}: {found}; a probability must be a number in "
            "[0, 1] (apply sigmoid or softmax before saving)"
        )
    return values


def _to_truth(path: Path, name: str, column: pd.Series, start: int) -> np.ndarray:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    empty = column.isna().to_numpy()
    good = (values == 0) | (values == 1) | (values == IGNORED) | empty
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        raise ValueError(
            f"{path}, line {line_of(path, start + row)}, column {name!r}: {column.iloc[row]!r}; a label is 1, 0, or "
            "empty (ignored)"
        )
    return np.where(empty, IGNORED, values).astype(np.int8)


def _to_images(path: Path, column: pd.Series, start: int) -> np.ndarray:
    images = column.to_numpy(dtype=object)
    empty = images == ""
    if empty.any():
        row = start + int(np.flatnonzero(empty)[0])
        raise ValueError(f"{path}, line {line_of(path, row)}: the image name is empty; name the image")
    return images


def _join(pieces: list[pd.Series]) -> pd.Series:
    if all(is_numeric_dtype(piece) for piece in pieces):
        return pd.concat(pieces, ignore_index=True)
    texts = [piece.astype("category").cat.rename_categories(_text) for piece in pieces]
    return pd.Series(union_categoricals([piece.cat.set_categories(_texts(piece)) for piece in texts]))


def _text(value: object) -> str:
    """Return what a cell says, also in a piece whose empty cells made fractions of its whole numbers."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _texts(piece: pd.Series) -> pd.Index:
    return pd.Index([_text(name) for name in piece.cat.categories], dtype=object)


def _patients(column: pd.Series, images: np.ndarray) -> tuple[np.ndarray | None, list[str]]:
    """Return the patient of each image, None if nobody is known, and notes; a stand-in for an unknown one is no id."""
    stand_ins = [name for name in column.cat.categories if name.startswith(UNKNOWN_PATIENT)]
    ids, notes = clean_ids(column.mask(column.isin(stand_ins)), "patient")
    patients = ids.to_numpy(dtype=object, copy=True)
    unknown = np.flatnonzero(ids.isna())
    if len(unknown) == len(images):
        return None, notes
    patients[unknown] = [own_patient(str(images[index])) for index in unknown]
    if len(unknown):
        named = f"{counted(len(unknown), 'image')} of {len(images):,}"
        notes.append(f"The patient of {named} is unknown; each counts as a patient of its own.")
    return patients, notes


def _splits(path: Path, column: pd.Series | None, count: int) -> np.ndarray:
    if column is None:
        # Rows of unknown origin are treated as test: they can be evaluated, but nothing is fitted on them.
        return np.full(count, "test", dtype=object)
    column = column.astype("category")
    names = np.array([split_name(str(name)) for name in column.cat.categories], dtype=object)
    if "" in names:
        raise ValueError(f"{path}: column 'split' has empty cells; write training, validation or test")
    return names[column.cat.codes.to_numpy()]


def _refuse_duplicates(path: Path, images: np.ndarray) -> None:
    hashes = pd.util.hash_array(images, categorize=False)
    order = np.argsort(hashes, kind="stable")
    suspects = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
    repeated = [order[at : at + 2] for at in suspects if images[order[at]] == images[order[at + 1]]]
    if repeated:
        lines = " and ".join(str(line_of(path, row)) for row in repeated[0])
        raise ValueError(
            f"{path}: image {images[repeated[0][0]]!r} appears on lines {lines} ({len(repeated)} repeated rows); each "
            "image may count once, so keep one row (average several views of one image first)"
        )


def _to_table(predictions: Predictions) -> pd.DataFrame:
    table: dict[str, object] = {"image": predictions.images}
    if predictions.patient_ids is not None:
        table["patient_id"] = predictions.patient_ids
    table["split"] = predictions.splits
    table.update({str(name): predictions.groups[name].to_numpy() for name in predictions.groups})
    for index, label in enumerate(predictions.labels):
        column = predictions.truth[:, index]
        table[f"label:{label}"] = pd.array(np.where(column == IGNORED, np.nan, column), dtype="Int8")
    for index, label in enumerate(predictions.labels):
        table[f"prob:{label}"] = predictions.probabilities[:, index]
    return pd.DataFrame(table)
