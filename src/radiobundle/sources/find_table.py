"""Find a source's table in its folder by the names under which it is distributed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from radiobundle.sources.folders import require_folder
from radiobundle.sources.table_file import RawTable, read_table
from radiobundle.suggest import did_you_mean

_PACKED = ("", ".gz", ".zip")


def find_table(folder: Path, names: Sequence[str], *, csv: str | Path | None = None, what: str) -> Path:
    """Return the first table of some names in a folder, packed or not.

    Args:
        folder: of the distribution.
        names: file names or patterns, the first is preferred.
        csv: the table, if the user named it.
        what: whose table it is, for messages.

    Raises:
        ValueError: there is none.
    """
    require_folder(folder, what)
    if csv is not None:
        return Path(csv)
    for name in names:
        for ending in _PACKED:
            if found := sorted(path for path in folder.glob(name + ending) if path.is_file()):
                return found[0]
    known = " or ".join(names)
    raise ValueError(f"{folder}: holds no {known} (.gz and .zip are read too); give the folder with {what}")


def read_columns(path: Path, columns: Sequence[str], *, what: str, filled: Sequence[str] = ()) -> RawTable:
    """Read certain columns of a table, without spaces around their cells; no row is misshapen.

    Args:
        path: of the table.
        columns: that it must have.
        what: whose table it is, for messages.
        filled: columns without which a row says nothing.

    Raises:
        ValueError: it lacks a column, has no rows, or has a row with too few or too many fields, or without a value
            that it needs.
    """
    raw = read_table(path, wanted=columns)
    for column in columns:
        if column not in raw.rows:
            hint = did_you_mean(column, [name for name in map(str, raw.rows) if name not in columns])
            raise ValueError(
                f"{path} lacks the column '{column}'{hint}; expected {what}. For other tables use "
                "`radiobundle datalist csv`"
            )
    raw.refuse_misshapen()
    if not len(raw.rows):
        raise ValueError(f"{path}: holds a header and no rows; fetch it again")
    rows = raw.rows[list(columns)].apply(lambda cells: cells.str.strip())
    empty = rows[list(filled)].eq("")
    raw.refuse(empty.any(axis=1), lambda row: f"{empty.iloc[row].idxmax()} is empty", fix="correct or fetch it again")
    return replace(raw, rows=rows)
