"""Lists of images: a CSV in UTF-8 with a column `image`, read row by row."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

COLUMN = "image"


def read_list(table: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the cell of the column `image` of every row; an empty cell where a row is too short.

    Raises:
        ValueError: no such file, not in UTF-8, no column `image`, or a quotation mark that is never closed; the message
            names the file and the fix.
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
            column = header.index(COLUMN)
            for row in rows:
                if row:  # a blank line is no row
                    yield rows.line_num, row[column] if column < len(row) else ""
        except csv.Error as error:
            raise ValueError(
                f"{table}, line {rows.line_num}: {error}; look for a quotation mark that is not closed"
            ) from error


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
            raise ValueError(f"{table}: is not in UTF-8 ({found}), but in latin-1 or the like; {fix}") from error
