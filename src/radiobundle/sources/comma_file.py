"""The form of a comma-separated file of any length, checked before it is read in pieces."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from radiobundle.sources.table_file import SEPARATORS, fields_under, find_separator
from radiobundle.words import counted

_FIX = (
    "write decimals with a point, put a text with a comma in quotation marks, and give every row as many fields as the "
    "header"
)


def read_header(path: Path, *, wanted: Sequence[str]) -> list[str]:
    """Return the names of the columns of a file whose rows all have a field for each of them.

    Args:
        path: of the file.
        wanted: names by which a file with another separator is recognised.

    Raises:
        ValueError: the file is empty or not in UTF-8, its separator is not the comma, a name appears twice, or a row
            has too few or too many fields; the message names the file, the line and the fix.
        OSError: the file cannot be read.
    """
    records = _records(path)
    try:
        line, header = next(records)
    except StopIteration:
        raise ValueError(f"{path}: the file is empty") from None
    if (separator := find_separator(",".join(header), wanted)) != ",":
        raise ValueError(
            f"{path}, line {line}: the columns are separated by {SEPARATORS[separator]}; save the table again with "
            "commas between columns and points in decimals"
        )
    if repeated := [name for name in header if header.count(name) > 1]:
        raise ValueError(f"{path}: column {repeated[0]!r} appears {header.count(repeated[0])} times; keep one")
    misshapen = ((line, len(record)) for line, record in records if len(record) != len(header))
    for line, fields in misshapen:
        count, said = 1 + sum(1 for _ in misshapen), fields_under(fields, len(header))
        raise ValueError(f"{path}, line {line}: {said} ({counted(count, 'such row')}); {_FIX}")
    return header


def line_of(path: Path, row: int) -> int:
    """Return the line on which a row below the header ends, both counted as people and arrays do: from 1, from 0."""
    line, _ = next(islice(_records(path), row + 1, None))
    return line


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each record ends, and its fields; lines without content are no records."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            for record in reader:
                if len(record) > 1 or any(map(str.strip, record)):
                    yield reader.line_num, record
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: not a text file in UTF-8 ({error}); save it as UTF-8") from error
        except csv.Error as error:
            raise ValueError(f"{path}, line {reader.line_num}: not a readable CSV table ({error})") from error
