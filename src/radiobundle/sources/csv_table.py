"""Any CSV table with one row per image: which column means what is told by option."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.sources.table import SPLIT_NAMES, SourceTable

_SPLIT_ALIASES = {
    **{name: name for name in SPLIT_NAMES},
    "train": "training",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
}


def read_csv_table(
    dataset_dir: str | Path,
    *,
    csv: str | Path | None = None,
    image_column: str = "image",
    labels: Sequence[str] = (),
    label_column: str | None = None,
    label_separator: str | None = None,
    no_finding: str | None = None,
    patient_column: str | None = None,
    study_column: str | None = None,
    view_column: str | None = None,
    age_column: str | None = None,
    sex_column: str | None = None,
    split_column: str | None = None,
    group_columns: Sequence[str] = (),
) -> SourceTable:
    """Read a table (CSV, also compressed) whose columns are named by the options.

    Args:
        dataset_dir: folder that the image names are relative to.
        csv: the table; default: the only `*.csv` or `*.csv.gz` in `dataset_dir`.
        image_column: column of image names.
        labels: one column per label (multi-label), or, together with `label_column`, the class names and their order.
        label_column: one column of class names instead (multi-class).
        label_separator: the label column holds several names divided by this text (multi-label).
        no_finding: the name in a separated label column that means "none of the labels".
        patient_column, study_column, view_column, age_column, sex_column, split_column: optional columns.
        group_columns: further columns to carry along.

    Raises:
        ValueError: a file or column is missing, or a value makes no sense; the message names it and the nearest match.
    """
    path = Path(csv) if csv else _only_csv(Path(dataset_dir))
    raw = _read(path)
    optional = {
        "patient_id": patient_column,
        "study_id": study_column,
        "view": view_column,
        "age": age_column,
        "sex": sex_column,
    }
    named = [image_column, label_column, split_column, *optional.values(), *group_columns]
    named += [] if label_column else list(labels)
    _check_columns_exist(path, raw.columns, [name for name in named if name])
    label_values, exclusive = _label_values(
        path,
        raw,
        labels=list(labels),
        label_column=label_column,
        label_separator=label_separator,
        no_finding=no_finding,
    )
    columns: dict[str, pd.Series | float] = {"image": raw[image_column].str.replace("\\", "/", regex=False)}
    columns |= {name: raw[column] if column else np.nan for name, column in optional.items()}
    if age_column:
        columns["age"] = _ages(path, raw, age_column)
    if split_column:
        columns["split"] = _splits(path, raw[split_column], split_column)
    columns |= {name: raw[name] for name in group_columns}
    table = pd.concat([pd.DataFrame(columns, index=raw.index), label_values], axis=1)
    try:
        return SourceTable(
            source="csv",
            table=table,
            labels=tuple(str(name) for name in label_values.columns),
            exclusive=exclusive,
            source_files=(path,),
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _only_csv(folder: Path) -> Path:
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder; give the folder that the image names are relative to")
    found = sorted(path for path in folder.iterdir() if path.name.lower().endswith((".csv", ".csv.gz")))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise ValueError(f"{folder}: expected one CSV table, found {names}; name it with --csv FILE")
    return found[0]


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise ValueError(f"{path}: no such table; name it with --csv FILE")
    try:
        # Text keeps ids such as 00012 whole.
        return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a readable CSV table ({error}); save it as UTF-8 CSV") from error


def _check_columns_exist(path: Path, columns: Iterable[str], wanted: Sequence[str]) -> None:
    present = [str(column) for column in columns]
    if len(present) == 1 and any(mark in present[0] for mark in ";\t|"):
        raise ValueError(f"{path}: one column '{present[0]}': the table is not separated by commas; save it as CSV")
    for name in wanted:
        if name not in present:
            raise ValueError(f"{path} has no column '{name}'{_nearest(name, present)}")


def _nearest(name: str, choices: Sequence[str]) -> str:
    lowered = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(name.lower(), lowered, n=1)
    return f"; did you mean '{lowered[close[0]]}'?" if close else f"; it has {', '.join(choices)}"


def _label_values(
    path: Path,
    raw: pd.DataFrame,
    *,
    labels: list[str],
    label_column: str | None,
    label_separator: str | None,
    no_finding: str | None,
) -> tuple[pd.DataFrame, bool]:
    """Return one column per label, and whether they exclude each other."""
    if label_column is None:
        if label_separator or no_finding:
            raise ValueError("--label-separator and --no-finding belong to --label-column; name that column")
        if not labels:
            raise ValueError("name the labels: --labels A,B,C (one column each) or --label-column COLUMN")
        return pd.DataFrame({name: _numbers(path, raw[name]) for name in labels}), False
    if raw[label_column].isna().any():
        row = int(np.flatnonzero(raw[label_column].isna())[0]) + 2
        raise ValueError(f"{path}, line {row}: column '{label_column}' is empty; fill it or remove the line")
    if label_separator:
        flags = raw[label_column].str.get_dummies(sep=label_separator).astype(np.int8)
        flags.columns = flags.columns.str.strip()
        if no_finding:
            if no_finding not in flags:
                raise ValueError(
                    f"{path}: column '{label_column}' never holds '{no_finding}'"
                    f"{_nearest(no_finding, list(flags.columns))}"
                )
            contradicted = flags[no_finding].eq(1) & flags.drop(columns=no_finding).any(axis=1)
            if contradicted.any():
                value = raw.loc[contradicted, label_column].iloc[0]
                raise ValueError(f"{path}: '{value}' holds '{no_finding}' beside a finding; correct the line")
            flags = flags.drop(columns=no_finding)
    else:
        if no_finding:
            raise ValueError("--no-finding needs --label-separator: without one it is a class like the others")
        flags = pd.get_dummies(raw[label_column].str.strip()).astype(np.int8)
    found = [str(name) for name in flags.columns]
    unlisted = [name for name in found if labels and name not in labels]
    if unlisted:
        raise ValueError(
            f"{path}: column '{label_column}' holds '{unlisted[0]}', not in --labels{_nearest(unlisted[0], labels)}"
        )
    return flags.reindex(columns=labels or sorted(found), fill_value=0), not label_separator


def _numbers(path: Path, column: pd.Series) -> pd.Series:
    values = pd.to_numeric(column, errors="coerce")
    wrong = values.isna() & column.notna()
    if wrong.any():
        text, line = column[wrong].iloc[0], int(np.flatnonzero(wrong)[0]) + 2
        raise ValueError(
            f"{path}, line {line}: column '{column.name}' holds '{text}'; a label is 1, 0, -1 (uncertain) or empty. "
            "A column of class names is given with --label-column"
        )
    return values


def _ages(path: Path, raw: pd.DataFrame, column: str) -> pd.Series:
    ages = pd.to_numeric(raw[column].str.strip().str.replace(r"^0*(\d+)Y$", r"\1", regex=True), errors="coerce")
    wrong = ages.isna() & raw[column].notna()
    if wrong.any():
        text, line = raw[column][wrong].iloc[0], int(np.flatnonzero(wrong)[0]) + 2
        raise ValueError(
            f"{path}, line {line}: column '{column}' holds '{text}', not an age in years; correct it or leave it empty"
        )
    return ages


def _splits(path: Path, column: pd.Series, name: str) -> pd.Series:
    splits = column.str.strip().str.lower().map(_SPLIT_ALIASES)
    wrong = splits.isna() & column.notna()
    if wrong.any():
        raise ValueError(
            f"{path}: column '{name}' holds '{column[wrong].iloc[0]}'; a split is {', '.join(_SPLIT_ALIASES)}"
        )
    return splits
