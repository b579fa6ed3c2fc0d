"""Read a table as people have it (CSV in any encoding and separator, Excel) into text, with nothing shifted or lost."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.extras import how_to_install

EXCEL_SUFFIXES = (".xlsx", ".xlsm", ".xls")
TABLE_SUFFIXES = (".csv", ".csv.gz", ".csv.zip", ".csv.bz2", ".csv.xz", ".tsv", ".tsv.gz", *EXCEL_SUFFIXES)
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


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


def read_table(path: str | Path, *, encoding: str | None = None, wanted: Sequence[str] = ()) -> RawTable:
    """Read a table of one header line and rows of text.

    Commas, semicolons, tabs and vertical bars are told apart by the header: the one that yields the `wanted` columns,
    else the one that yields most. UTF-8 and UTF-16 are recognised; every other encoding has to be named. Fields are
    counted: a row with too few or too many is never shifted, see `RawTable.misshapen`; empty fields beyond the header
    (trailing separators) are dropped.

    Raises:
        ValueError: no such file, not a table, or an encoding that must be named; the message says how.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such table; name it with `csv` FILE")
    if path.name.lower().endswith(EXCEL_SUFFIXES):
        records, lines, notes = _excel_records(path)
    else:
        text, notes = _decoded(path, encoding)
        records, lines, separator = _csv_records(path, text, wanted)
        if separator != ",":
            notes = [*notes, f"{path.name}: read as separated by {SEPARATORS[separator]}"]
    return _to_table(path, records, lines, notes)


def read_lines(path: str | Path) -> list[str]:
    """Return the stripped lines with content of a text file, in UTF-8 or UTF-16, with or without byte order mark.

    Raises:
        ValueError: the file is in another encoding.
    """
    text, _ = _decoded(Path(path), None, fix="save it as UTF-8")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _decoded(path: Path, encoding: str | None, *, fix: str = "name it with `encoding`") -> tuple[str, list[str]]:
    data = _uncompressed(path)
    guess = encoding or next((name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    if guess is None and b"\0" in data[:1000]:  # UTF-16 without its mark: every other byte of ASCII text is zero
        guess = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    try:
        text = data.decode(guess or "utf-8")
    except LookupError as error:
        raise ValueError(f"{path}: `encoding` {encoding}: no such encoding; utf-8, cp1252, utf-16 are some") from error
    except UnicodeError as error:
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        raise ValueError(
            f"{path}, line {line}: not a readable CSV table: not {guess or 'UTF-8'}; {fix} (`encoding` cp1252 for "
            "Western European Windows, latin-1), or save it as UTF-8 CSV"
        ) from error
    told = [f"{path.name}: read as UTF-16"] if guess and guess.startswith("utf-16") and not encoding else []
    return text.removeprefix("\ufeff"), told


def _uncompressed(path: Path) -> bytes:
    data = path.read_bytes()
    name = path.name.lower()
    openers: dict[str, Callable[[bytes], bytes]] = {
        ".gz": gzip.decompress,
        ".bz2": bz2.decompress,
        ".xz": lzma.decompress,
        ".zip": _only_member,
    }
    try:
        return next((unpack(data) for suffix, unpack in openers.items() if name.endswith(suffix)), data)
    except (OSError, EOFError, ValueError, lzma.LZMAError, zipfile.BadZipFile, RuntimeError) as error:
        raise ValueError(f"{path}: cannot be unpacked ({error}); fetch it again") from error


def _only_member(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if not name.startswith("__MACOSX/") and not name.endswith("/")]
        if len(names) != 1:
            raise ValueError(f"it holds {len(names)} files; a table is one")
        return archive.read(names[0])


def _csv_records(path: Path, text: str, wanted: Sequence[str]) -> tuple[list[list[str]], list[int], str]:
    separator = _separator(text, wanted)
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


def _separator(text: str, wanted: Sequence[str]) -> str:
    """The separator that finds most of the wanted columns in the header, then the one that finds most columns."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def found(separator: str) -> tuple[int, int]:
        header = [name.strip() for name in next(csv.reader([first], delimiter=separator), [])]
        return sum(name in header for name in wanted), len(header)

    return max(SEPARATORS, key=found)


def _excel_records(path: Path) -> tuple[list[list[str]], list[int], list[str]]:
    try:
        sheets = pd.read_excel(path, sheet_name=None, header=None, dtype=str, keep_default_na=False)
    except ImportError as error:
        raise ValueError(f"{path}: needs {how_to_install('excel')}: {error}") from error
    except Exception as error:  # openpyxl raises nearly every type on broken files
        raise ValueError(f"{path}: not a readable Excel table ({type(error).__name__}: {error})") from error
    filled = {name: sheet for name, sheet in sheets.items() if not sheet.empty}
    if not filled:
        raise ValueError(f"{path}: no sheet holds anything")
    name, sheet = next(iter(filled.items()))
    values = sheet.fillna("").astype(str).to_numpy().tolist()
    kept = [(row, number) for number, row in enumerate(values, start=1) if any(cell.strip() for cell in row)]
    others = [other for other in filled if other != name]
    notes = [f"{path.name}: read sheet '{name}'; not read: {', '.join(others)}"] if others else []
    return [row for row, _ in kept], [number for _, number in kept], notes


def _to_table(path: Path, records: list[list[str]], lines: list[int], notes: list[str]) -> RawTable:
    if not records:
        raise ValueError(f"{path}: not a readable CSV table (no content)")
    header = [name.strip() for name in records[0]]
    least = max((position for position, name in enumerate(header, start=1) if name), default=0)
    repeated = [name for name, count in Counter(header).items() if count > 1 and name]
    if repeated:
        raise ValueError(f"{path}: two columns are named '{repeated[0]}'; rename one")
    rows, misshapen = [], {}
    for number, record in enumerate(records[1:]):
        if len(record) > len(header) and not any(field.strip() for field in record[len(header) :]):
            record = record[: len(header)]  # noqa: PLW2901 - trailing separators
        if not least <= len(record) <= len(header):
            misshapen[number] = f"{len(record)} fields under {len(header)} column names"
        rows.append([*record, *[""] * len(header)][: len(header)])
    if rows and len(misshapen) == len(rows):
        raise ValueError(
            f"{path}, line {lines[1]}: every row has other than the {len(header)} fields of the header "
            f"({misshapen[0]}); name every column, or save the table again"
        )
    # Columns without a name cannot be asked for: they get one that no header can hold.
    names = [name or f"\0{position}" for position, name in enumerate(header)]
    frame = pd.DataFrame(rows, columns=names, dtype=object)
    return RawTable(path, frame, np.array(lines[1:], dtype=np.int64), misshapen, tuple(notes))
