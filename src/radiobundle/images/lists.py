"""Lists of images: a CSV in UTF-8 with a column `image`, read row by row."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

COLUMN = "image"


class ListRow(NamedTuple):
    """A row of a list."""

    line: int
    """Where it ends in the file."""
    cell: str
    """The cell in the column `image`."""
    reason: str = ""
    """Why the cell does not certainly name an image; empty if it does."""


def read_list(table: Path) -> Iterator[ListRow]:
    """Yield every row.

    Raises:
        ValueError: the file does not exist, is not in UTF-8, has no column `image` or two of them, or has an unclosed
            quotation mark; the message names the file and the fix.
    """
    if not table.is_file():
        raise ValueError(f"{table}: no such file")
    _check_encoding(table)
    csv.field_size_limit(sys.maxsize)  # a huge cell is one bad row, not the end of the list
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            header = [name.strip() for name in next(rows, [])]
            if COLUMN not in header:
                raise ValueError(f"{table}: needs a column '{COLUMN}'; it has {', '.join(header)[:200] or 'none'}")
            if header.count(COLUMN) > 1:
                raise ValueError(f"{table}: has {header.count(COLUMN)} columns '{COLUMN}'; rename all but one")
            for row in rows:
                if row:  # a blank line is not a row
                    yield _row(rows.line_num, row, header)
        except csv.Error as error:
            raise ValueError(f"{table}, line {rows.line_num}: {error}; look for an unclosed quotation mark") from error


def _row(line: int, row: Sequence[str], header: Sequence[str]) -> ListRow:
    column = header.index(COLUMN)
    width = max(position for position, name in enumerate(header, start=1) if name)
    cell = row[column] if column < len(row) else ""
    if any(map(str.strip, row[width:])):
        return ListRow(line, cell, f"{len(row)} fields under {width} column names: quote fields that hold a comma")
    return ListRow(line, cell, "" if cell.strip() else f"no name in the column '{COLUMN}'")


def _check_encoding(table: Path) -> None:
    fix = "save it as UTF-8 (in Excel: 'CSV UTF-8')"
    with table.open("rb") as file:
        head = file.read(4096)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head.split(b"\n")[0]:
        raise ValueError(f"{table}: is in UTF-16 or UTF-32; {fix}")
    with table.open(encoding="utf-8-sig") as text:
        try:
            for _ in iter(lambda: text.read(2**20), ""):
                pass
        except UnicodeDecodeError as error:
            found = f"byte 0x{error.object[error.start]:02x}"
            raise ValueError(f"{table}: is not in UTF-8 ({found}) but in latin-1 or similar; {fix}") from error
