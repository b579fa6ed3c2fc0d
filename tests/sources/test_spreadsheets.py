"""Workbooks as Excel and others write them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from radiobundle.sources.identifiers import clean_ids
from radiobundle.sources.table_file import RawTable, read_table

openpyxl = pytest.importorskip("openpyxl")
HEAD = ["image", "a", "who"]


def workbook(path: Path, *sheets: tuple[str, list[list[Any]]]) -> Any:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return book


def read(path: Path) -> RawTable:
    return read_table(path, wanted=HEAD)


def test_merged_cells_hold_their_value_in_each_row_and_this_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    rows = [HEAD, ["1.png", 1, "p1"], ["2.png", None, None], ["3.png", 0, "p2"], ["4.png", None, None]]
    book = workbook(path, ("s", rows))
    for cells in ("B2:C3", "C4:C5"):
        book["s"].merge_cells(cells)
    book["s"].merge_cells("D1:E1")
    book.save(path)
    raw = read(path)
    assert raw.rows["who"].tolist() == ["1", "1", "p2", "p2"]
    assert raw.rows["a"].tolist() == ["1", "1", "0", ""]
    assert raw.notes == ("t.xlsx: 2 merged cells are read as if each cell held their value (the first: B2:C3)",)


def with_results(path: Path, results: dict[str, str]) -> None:
    """Write results into a workbook's formulas, as a spreadsheet does when it saves them."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    text = members[name].decode()
    for cell, result in results.items():
        start = text.index(f'<c r="{cell}"')
        end = text.index("</c>", start)
        kind = ' t="str"' if not result.isdigit() else ""
        formula = text[text.index("<f>", start) : text.index("</f>", start) + 4]
        text = text[:start] + f'<c r="{cell}"{kind}>{formula}<v>{result}</v>' + text[end:]
    members[name] = text.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)


def test_formula_without_a_result_is_refused_and_one_with_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    workbook(path, ("s", [HEAD, ["1.png", "=1+0", '=IF(1=1,"","x")'], ["2.png", "=1-1", "p"]]))
    with pytest.raises(
        ValueError, match=r"t\.xlsx: sheet 's', cell B2 is a formula without a stored result .*3 such cells"
    ):
        read(path)
    with_results(path, {"B2": "1", "C2": "", "B3": "0"})
    raw = read(path)
    assert raw.rows["a"].tolist() == ["1", "0"] and raw.rows["who"].tolist() == ["", "p"]


def test_number_beyond_excel_s_digits_is_known_to_be_cut(tmp_path: Path) -> None:
    workbook(tmp_path / "t.xlsx", ("s", [HEAD, ["1.png", 1, 12345678901234567.0], ["2.png", 1.0, 123456789012345]]))
    raw = read(tmp_path / "t.xlsx")
    assert raw.rows["who"].tolist() == ["1.234567890123457e+16", "123456789012345"]
    assert raw.rows["a"].tolist() == ["1", "1"]
    _, notes = clean_ids(raw.rows["who"], "patient")
    assert "WARNING: 1 patient ids such as '1.234567890123457e+16' look as if a spreadsheet had cut" in notes[0]


def test_first_visible_sheet_is_read_and_the_hidden_one_named(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = workbook(path, ("old", [HEAD, ["1.png", 0, "p"]]), ("new", [HEAD, ["1.png", 1, "p"]]), ("empty", []))
    book["old"].sheet_state = "hidden"
    book.active = 1
    book.save(path)
    raw = read(path)
    assert raw.rows["a"].tolist() == ["1"]
    assert raw.notes == ("t.xlsx: read sheet 'new'; not read: old (hidden)",)


def test_what_stands_beside_a_table_does_not_shift_it(tmp_path: Path) -> None:
    book = workbook(tmp_path / "t.xlsx", ("s", [HEAD, ["1.png", 1, "p"], ["2.png", 0, "q"]]))
    book["s"]["F2"], book["s"]["F9"] = "remember", "me"
    book.save(tmp_path / "t.xlsx")
    raw = read(tmp_path / "t.xlsx")
    assert raw.rows["image"].tolist() == ["1.png", "2.png"] and not raw.misshapen


def test_content_decides_what_a_table_is(tmp_path: Path) -> None:
    pd.DataFrame([["1.png", 1, "p"]], columns=HEAD).to_excel(tmp_path / "t.xlsx", index=False)
    (tmp_path / "t.csv").write_bytes((tmp_path / "t.xlsx").read_bytes())
    assert read(tmp_path / "t.csv").notes == ("t.csv: is an Excel workbook and is read as one",)
    (tmp_path / "u.xlsx").write_text("image,a,who\n1.png,1,p\n")
    assert read(tmp_path / "u.xlsx").notes == ("u.xlsx: is text and is read as CSV",)


def zipped(*members: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (zipped("mimetype", "content.xml"), "OpenDocument"),
        (zipped("xl/workbook.bin"), "xlsb"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "Excel 97 to 2003"),
        (b"\xd0\xcf\x11\xe0" + bytes(50) + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"\n <HTML><table><tr><td>image", "HTML"),
        (zipped("xl/workbook.xml")[:40], "not a readable Excel table"),
        (zipped("xl/workbook.xml"), "not a readable Excel table"),
    ],
    ids=["ods", "xlsb", "xls", "encrypted", "HTML", "cut off", "empty"],  # the bytes hold the time of day
)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_other_tables_are_named_and_the_fix_is_told(tmp_path: Path, data: bytes, kind: str, suffix: str) -> None:
    (tmp_path / f"t{suffix}").write_bytes(data)
    with pytest.raises(ValueError, match=rf"t{suffix}: .*{kind}.*save it as \.xlsx or as UTF-8 CSV"):
        read(tmp_path / f"t{suffix}")
