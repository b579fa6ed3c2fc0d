"""Any table (CSV, Excel) with one row per image; options say which column means what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.labels import SPLIT_ALIASES, SPLIT_NAMES, split_name
from radiobundle.sources.ages import age_years, impossible_age_notes
from radiobundle.sources.bad_rows import BadRows
from radiobundle.sources.csv_labels import LabelOptions, hint, read_labels
from radiobundle.sources.folders import require_folder
from radiobundle.sources.identifiers import clean_ids, tidy_text
from radiobundle.sources.image_names import relative_names
from radiobundle.sources.spelling import visible
from radiobundle.sources.table import SourceTable
from radiobundle.sources.table_file import TABLE_SUFFIXES, RawTable, read_table
from radiobundle.suggest import did_you_mean


def read_csv_table(
    dataset_dir: str | Path,
    *,
    csv: str | Path | None = None,
    encoding: str | None = None,
    image_column: str = "image",
    labels: Sequence[str] = (),
    label_column: str | None = None,
    label_separator: str | None = None,
    no_finding: str | None = None,
    exclusive: bool = False,
    patient_column: str | None = None,
    study_column: str | None = None,
    view_column: str | None = None,
    age_column: str | None = None,
    sex_column: str | None = None,
    split_column: str | None = None,
    group_columns: Sequence[str] = (),
    on_bad_row: str = "error",
) -> SourceTable:
    """Read a table (CSV, also compressed, or Excel) whose columns are named by the options.

    Args:
        dataset_dir: folder that the image names are relative to.
        csv: the table; default: the only one in `dataset_dir`.
        encoding: encoding of a CSV that is neither UTF-8 nor UTF-16.
        image_column: column of image names.
        labels: one column per label (multi-label), or, together with `label_column`, the names and their order.
        label_column: one column of class names instead (multi-class), or of lists of names (multi-label).
        label_separator: separator of several names in the label column; `none`: each cell is one class.
        no_finding: the name in a list that means "none of the labels".
        exclusive: exactly one of the label columns is 1 in each row (multi-class).
        patient_column, study_column, view_column, age_column, sex_column, split_column: optional columns.
        group_columns: further columns to carry along.
        on_bad_row: `error`, or `skip`: rows that are not understood are left out and counted.

    Raises:
        ValueError: a file or column is missing, or a value is invalid; the message names it and the nearest match.
    """
    path = Path(csv) if csv else _only_table(Path(dataset_dir))
    optional = {
        "patient_id": _column(patient_column),
        "study_id": _column(study_column),
        "view": _column(view_column),
        "age": _column(age_column),
        "sex": _column(sex_column),
    }
    image_column, split_column, label_column = visible(image_column), _column(split_column), _column(label_column)
    labels, group_columns = [visible(name) for name in labels], [visible(name) for name in group_columns]
    options = LabelOptions(tuple(labels), label_column, label_separator, no_finding, exclusive)
    named = [image_column, label_column, split_column, *optional.values(), *group_columns]
    wanted = [name for name in (*named, *(() if label_column else labels)) if name]
    raw = read_table(path, encoding=encoding, wanted=wanted)
    present = [str(column) for column in raw.rows.columns if not str(column).startswith("\0")]
    if absent := [name for name in wanted if name not in present]:
        raise ValueError(f"{raw.path} has no column '{absent[0]}'{hint(absent[0], present)}")
    bad = BadRows(len(raw.rows), raw.locate, on_bad_row=on_bad_row)
    misshapen = np.isin(np.arange(len(raw.rows)), list(raw.misshapen))
    bad.add(misshapen, "too few or too many fields", lambda row: raw.misshapen[row])
    columns: dict[str, Any] = {"image": _images(raw, image_column, dataset_dir, bad)}
    read = read_labels(raw, options, bad)
    notes = [*raw.notes, *_add_optional(columns, raw, optional, bad)]
    if split_column:
        columns["split"] = _splits(raw, split_column)
    columns |= {name: _texts(raw.rows[name]) for name in group_columns}
    table = pd.concat([pd.DataFrame(columns, index=raw.rows.index), read.values], axis=1)[~bad.wrong]
    try:
        return SourceTable(
            source="csv",
            table=table.reset_index(drop=True),
            labels=tuple(str(name) for name in read.values.columns),
            exclusive=read.exclusive,
            source_files=(path,),
            notes=(*notes, *read.notes, *bad.notes()),
            left_out=bad.reasons,
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _column(name: str | None) -> str | None:
    """Return the name of a column as `read_table` gives it."""
    return visible(name) if name else None


def _add_optional(
    columns: dict[str, Any], raw: RawTable, optional: Mapping[str, str | None], bad: BadRows
) -> list[str]:
    """Add a standard column for each that is named, NaN for the others; return notes."""
    columns |= {name: _texts(raw.rows[column]) if column else np.nan for name, column in optional.items()}
    notes = []
    for name, what in (("patient_id", "patient"), ("study_id", "study")):
        if optional[name]:
            columns[name], told = clean_ids(raw.rows[optional[name]].mask(bad.wrong), what)
            notes += told
    if column := optional["age"]:
        columns["age"] = _ages(raw.rows[column], column, bad)
        notes += impossible_age_notes(columns["image"].tolist(), columns["age"].to_numpy(dtype=float))
    return notes


def _only_table(folder: Path) -> Path:
    require_folder(folder, "the images, to which their names are relative")
    found = sorted(path for path in folder.iterdir() if path.name.lower().endswith(TABLE_SUFFIXES))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise ValueError(f"{folder}: expected one CSV table, found {names}; name it with `csv` FILE")
    return found[0]


def _images(raw: RawTable, column: str, dataset_dir: str | Path, bad: BadRows) -> pd.Series:
    cells = raw.rows[column]
    bad.add(cells.str.strip().eq("").to_numpy(), "no image named", lambda row: f"column '{column}' is empty")
    names = relative_names(cells, dataset_dir)
    bad.add(
        names.isna().to_numpy(),
        "path outside the dataset folder",
        lambda row: f"'{cells.iloc[row]}' is not below {dataset_dir}",
        fix="give the folder that holds every image",
    )
    return names


def _texts(cells: pd.Series) -> pd.Series:
    """Cells as text without spaces around, NaN where they are empty or say so."""
    known = {text: tidy_text(text) for text in cells.unique()}
    texts = cells.map(known).astype(object)
    return texts.where(texts.notna(), np.nan)


def _ages(cells: pd.Series, column: str, bad: BadRows) -> pd.Series:
    years: dict[str, float | str] = {}
    for text in cells.unique():
        try:
            years[text] = age_years(text)
        except ValueError as error:
            years[text] = str(error)
    wrong = cells.map(lambda text: isinstance(years[text], str))
    bad.add(
        wrong.to_numpy(dtype=bool),
        "age not understood",
        lambda row: f"column '{column}': {years[cells.iloc[row]]}",
        fix="correct it or leave it empty",
    )
    return cells.map({text: np.nan if isinstance(age, str) else age for text, age in years.items()}).astype(float)


def _splits(raw: RawTable, name: str) -> pd.Series:
    splits = _texts(raw.rows[name]).map(split_name, na_action="ignore").astype(object)
    known = (*SPLIT_NAMES, *SPLIT_ALIASES)
    raw.refuse(
        splits.notna() & ~splits.isin(SPLIT_NAMES),
        lambda row: f"column '{name}' holds '{raw.rows[name].iloc[row]}'{did_you_mean(str(splits.iloc[row]), known)}",
        fix=f"a split is {', '.join(known)}, or empty",
    )
    return splits.where(splits.notna(), np.nan)
