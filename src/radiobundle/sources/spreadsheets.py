"""Excel workbooks as records of text: one visible sheet, merged cells filled, formulas by their last result."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from radiobundle.extras import how_to_install

FIX = "save it as .xlsx or as UTF-8 CSV"
_OLE_MARK, _ZIP_MARK = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MOST_DIGITS = 15  # of a number that Excel keeps
_PAGES = (b"<html", b"<!doctype html", b"<table", b"<?xml")


def is_workbook(path: Path, data: bytes) -> bool:
    """Whether the bytes of a table are a supported Excel workbook, whatever the name says.

    Raises:
        ValueError: they are another kind of spreadsheet, or a page; the message says what to do.
    """
    other = _other_kind(data)
    if other:
        raise ValueError(f"{path}: is {other}, which is not supported; {FIX}")
    if not data.startswith(_ZIP_MARK):
        return False
    names = _members(data)
    if "xl/workbook.bin" in names or "content.xml" in names:
        kind = "a binary workbook (.xlsb)" if "xl/workbook.bin" in names else "an OpenDocument table (.ods)"
        raise ValueError(f"{path}: is {kind}, which is not supported; {FIX}")
    return "xl/workbook.xml" in names or (not names and not path.name.lower().endswith(".zip"))


def _other_kind(data: bytes) -> str:
    if data.startswith(_OLE_MARK):
        return "an encrypted workbook" if _ENCRYPTED in data else "a workbook of Excel 97 to 2003 (.xls)"
    return "an HTML or XML page" if data[:1000].lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(_PAGES) else ""


def _members(data: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []


def workbook_records(path: Path, data: bytes) -> tuple[list[list[str]], list[int], list[str]]:
    """Return the rows with content of a workbook's first visible sheet that has any, their numbers, and what to say.

    Cells right of the last column with a name are no part of the table: unlike fields of a CSV they cannot shift.

    Raises:
        ValueError: it is damaged, holds nothing, or holds a formula without a result.
    """
    book = _load(path, data, data_only=False)
    sheet, notes = _first_sheet(path, book)
    cells = [list(row) for row in sheet.iter_rows()]
    if any(cell.data_type == "f" for row in cells for cell in row):
        results = [list(row) for row in _load(path, data, data_only=True)[sheet.title].iter_rows()]
        _refuse_without_result(path, sheet.title, cells, results)
        cells = results
    texts = [[_text(cell.value) for cell in row] for row in cells]
    first = next(number for number, row in enumerate(texts) if any(map(str.strip, row)))
    notes += _fill_merged(path, sheet, texts, first)
    width = max(column for column, name in enumerate(texts[first], start=1) if name.strip())
    kept = [(row[:width], number) for number, row in enumerate(texts, start=1) if any(map(str.strip, row[:width]))]
    return [row for row, _ in kept], [number for _, number in kept], notes


def _load(path: Path, data: bytes, *, data_only: bool) -> Any:
    try:
        from openpyxl import load_workbook  # noqa: PLC0415 - only the extra has it
    except ImportError as error:
        raise ValueError(f"{path}: needs {how_to_install('excel')}: {error}") from error
    try:
        return load_workbook(io.BytesIO(data), data_only=data_only, keep_links=False)
    except Exception as error:  # openpyxl raises nearly every type on broken files
        raise ValueError(f"{path}: not a readable Excel table ({type(error).__name__}: {error}); {FIX}") from error


def _first_sheet(path: Path, book: Any) -> tuple[Any, list[str]]:
    filled = [sheet for sheet in book.worksheets if any(cell.value is not None for row in sheet.rows for cell in row)]
    visible = [sheet for sheet in filled if sheet.sheet_state == "visible"]
    if not visible:
        raise ValueError(f"{path}: no {'visible ' if filled else ''}sheet has any content")
    sheet = visible[0]
    others = [other.title + " (hidden)" * (other not in visible) for other in filled if other is not sheet]
    return sheet, [f"{path.name}: read sheet '{sheet.title}'; not read: {', '.join(others)}"] if others else []


def _refuse_without_result(path: Path, sheet: str, cells: list[list[Any]], results: list[list[Any]]) -> None:
    empty = [
        cell.coordinate
        for row, computed in zip(cells, results, strict=True)
        for cell, result in zip(row, computed, strict=True)
        if cell.data_type == "f" and result.value is None and result.data_type == "n"  # an empty text is a result
    ]
    if empty:
        raise ValueError(
            f"{path}: sheet '{sheet}', cell {empty[0]} is a formula without a stored result ({len(empty)} such "
            "cells); open it in a spreadsheet and save it, or save it as CSV"
        )


def _fill_merged(path: Path, sheet: Any, texts: list[list[str]], header: int) -> list[str]:
    """Write the value of merged cells below the header into each of them."""
    merged = [found for found in sheet.merged_cells.ranges if found.min_row > header + 1]
    for found in merged:
        value = texts[found.min_row - 1][found.min_col - 1]
        for row in texts[found.min_row - 1 : found.max_row]:
            row[found.min_col - 1 : found.max_col] = [value] * (found.max_col - found.min_col + 1)
    if not merged:
        return []
    first = min(merged, key=lambda found: (found.min_row, found.min_col))
    return [
        f"{path.name}: {len(merged)} merged cells are read as if each cell held their value (the first: {first.coord})"
    ]


def _text(value: object) -> str:
    """Return a cell as text; a number beyond Excel's digits keeps its exponent, by which it is known to be cut."""
    if isinstance(value, (int, float)) and abs(value) >= 10**_MOST_DIGITS:
        return f"{Decimal(value).normalize():e}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
