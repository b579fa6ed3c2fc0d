"""Read any table (CSV in any encoding and separator, Excel) as text, with nothing shifted or lost."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from radiobundle.sources.bad_rows import refuse_rows
from radiobundle.sources.spelling import visible
from radiobundle.sources.spreadsheets import is_workbook, workbook_records
from radiobundle.sources.text_file import decode_text, unpacked
from radiobundle.words import counted

EXCEL_SUFFIXES = (".xlsx", ".xlsm")
TABLE_SUFFIXES = (".csv", ".csv.gz", ".csv.zip", ".csv.bz2", ".csv.xz", ".tsv", ".tsv.gz", *EXCEL_SUFFIXES)
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_HEADER_CHARACTERS = 1 << 16  # hold any header, with line breaks in its cells


@dataclass(frozen=True)
class RawTable:
    """A table as text.

    Args:
        path: where it was read.
        rows: one row per line with content; all columns hold str, "" where a cell is empty.
        lines: int array (rows,): where each row ends in the file, counted from 1 (Excel: the sheet's row).
        misshapen: by position in `rows`, what is wrong with a row that has too few or too many fields; the fields that
            it lacks are "", so none of its cells can be trusted.
        notes: what had to be recognised: encoding, separator, sheet.
    """

    path: Path
    rows: pd.DataFrame
    lines: np.ndarray
    misshapen: dict[int, str]
    notes: tuple[str, ...]

    def locate(self, row: int) -> str:
        """Where a row is, for messages."""
        return f"{self.path}, line {self.lines[row]}"

    def refuse(self, wrong: ArrayLike, describe: Callable[[int], str], *, fix: str = "correct the row") -> None:
        """Raise ValueError if a row is wrong; see `refuse_rows`."""
        refuse_rows(wrong, self.locate, describe, fix=fix)

    def refuse_misshapen(self) -> None:
        """Raise ValueError if a row has too few or too many fields; for tables that are not edited by hand."""
        if self.misshapen:
            row, problem = next(iter(self.misshapen.items()))
            count = counted(len(self.misshapen), "such row")
            raise ValueError(f"{self.locate(row)}: {problem} ({count}); fetch the table again")

    def refuse_repeated(self, keys: pd.DataFrame) -> None:
        """Raise ValueError if two rows have the same key.

        Args:
            keys: text, one row per row of the table.
        """
        self.refuse(keys.duplicated(), lambda row: f"{' '.join(keys.iloc[row])} appears twice", fix="keep one row")


def read_table(
    path: str | Path, *, encoding: str | None = None, wanted: Sequence[str] = (), header: Sequence[str] = ()
) -> RawTable:
    """Read a table of one header line and rows of text.

    Commas, semicolons, tabs and vertical bars are recognised from the header: the one that yields the `wanted` columns,
    else the one that yields most. Excel workbooks, UTF-8, UTF-16 and UTF-32 are recognised by their content; every
    other encoding has to be named. Only the visible part of column names counts. Fields are counted up to the last
    column with a name: a row with too few, with something beyond it, or with more trailing separators than the others
    is never shifted, see `RawTable.misshapen`.

    Args:
        path: of the table.
        encoding: of a CSV that is not recognised.
        wanted: columns by which the separator is recognised.
        header: names of the columns of a table that has no header line.

    Raises:
        ValueError: the file does not exist, is not a table, or needs its encoding named; the message says how.
    """
    path = Path(path)
    if not path.is_file():
        kind = "is a folder" if path.is_dir() else "no such table"
        raise ValueError(f"{path}: {kind}; name a CSV file or an Excel workbook")
    data = path.read_bytes()
    named_excel = path.name.lower().endswith(EXCEL_SUFFIXES)
    if is_workbook(path, data):
        records, lines, notes = workbook_records(path, data)
        notes += [] if named_excel else [f"{path.name}: is an Excel workbook and is read as one"]
    else:
        text, notes = decode_text(path, unpacked(path, data), encoding)
        records, lines, separator = _csv_records(path, text, wanted)
        notes += [f"{path.name}: is text and is read as CSV"] if named_excel else []
        notes += [f"{path.name}: read as separated by {SEPARATORS[separator]}"] if separator != "," else []
    if header and records:
        records, lines = [list(header), *records], [0, *lines]
    return _to_table(path, records, lines, notes)


def read_lines(path: str | Path) -> list[str]:
    """Return the stripped lines with content of a text file, in UTF-8 or UTF-16, with or without byte order mark.

    Raises:
        ValueError: the file is in another encoding.
    """
    path = Path(path)
    text, _ = decode_text(path, path.read_bytes(), fix="save it as UTF-8")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _csv_records(path: Path, text: str, wanted: Sequence[str]) -> tuple[list[list[str]], list[int], str]:
    separator = find_separator(text, wanted)
    records, lines = [], []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for record in reader:
            if any(field.strip() for field in record):
                records.append(record)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: not a readable CSV table ({error})") from error
    return records, lines, separator


def find_separator(text: str, wanted: Sequence[str]) -> str:
    """Return the separator that yields most of the wanted columns in the header, then most columns.

    >>> find_separator("image;label:a,b;prob:a,b", ("image",))
    ';'
    """
    start = text[:_HEADER_CHARACTERS]

    def found(separator: str) -> tuple[int, int]:
        records = csv.reader(io.StringIO(start, newline=""), delimiter=separator)
        header = [visible(name) for name in next((record for record in records if any(map(str.strip, record))), [])]
        return sum(name in header for name in wanted), len(header)

    return max(SEPARATORS, key=found)


def fields_under(fields: int, names: int) -> str:
    """Say how many fields a row has that does not suit the header.

    >>> fields_under(6, 5)
    '6 fields under 5 column names'
    """
    return f"{fields} fields under {names} column names"


def _misshapen(records: list[list[str]], width: int) -> dict[int, str]:
    """Return, for each row below the header that may be shifted, how many fields it has under `width` names.

    Empty fields beyond the names are trailing separators, as long as the header or most rows have as many.
    """
    usual = Counter(map(len, records[1:])).most_common(1)
    most = max(len(records[0]), usual[0][0] if usual else 0)
    found = {}
    for number, record in enumerate(records[1:]):
        if len(record) < width or len(record) > most or any(map(str.strip, record[width:])):
            found[number] = fields_under(len(record), width)
    return found


def _to_table(path: Path, records: list[list[str]], lines: list[int], notes: list[str]) -> RawTable:
    if not records:
        raise ValueError(f"{path}: not a readable CSV table (no content)")
    header = [visible(name) for name in records[0]]
    width = max((position for position, name in enumerate(header, start=1) if name), default=0)
    header = header[:width]
    repeated = [name for name, count in Counter(header).items() if count > 1 and name]
    if repeated:
        raise ValueError(f"{path}: two columns are named '{repeated[0]}'; rename one")
    rows = [[*record, *[""] * width][:width] for record in records[1:]]
    misshapen = _misshapen(records, width)
    if rows and len(misshapen) == len(rows):
        raise ValueError(
            f"{path}, line {lines[1]}: no row has the {width} fields of the header "
            f"({misshapen[0]}); name every column, or save the table again"
        )
    # Columns without a name cannot be asked for: they get one that no header can hold.
    names = [name or f"\0{position}" for position, name in enumerate(header)]
    frame = pd.DataFrame(rows, columns=names, dtype=object)
    return RawTable(path, frame, np.array(lines[1:], dtype=np.int64), misshapen, tuple(notes))
