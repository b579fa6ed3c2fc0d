"""Indiana's reports: headings become findings, under common names."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from radiobundle.cli import main
from radiobundle.sources.openi import read_openi

REPORTS = {
    "1": (["CXR1_1_IM-0001-3001", "CXR1_1_IM-0001-4001"], ["Cardiomegaly/mild", "Thickening/pleura/apex"]),
    "2": (["CXR2_IM-0002-1001"], ["normal"]),
    "3": (["CXR3_IM-0003-1001"], ["No Indexing"]),
    "4": (["CXR4_IM-0004-1001"], ["Technical Quality of Image Unsatisfactory ", "Nodule"]),
    "5": ([], ["Mass"]),
}


def write(folder: Path) -> Path:
    (folder / "ecgen-radiology").mkdir(parents=True)
    for number, (images, headings) in REPORTS.items():
        majors = "".join(f"<major>{heading}</major>" for heading in headings)
        parents = "".join(f'<parentImage id="{image}"/>' for image in images)
        text = f'<eCitation><uId id="CXR{number}"/><MeSH>{majors}</MeSH>{parents}</eCitation>'
        (folder / f"ecgen-radiology/{number}.xml").write_text(text)
    return folder


def test_headings_are_findings_of_all_images_of_a_report(tmp_path: Path) -> None:
    source = read_openi(write(tmp_path / "indiana").parent)
    table = source.table.set_index("image")
    first = table.loc["indiana/NLMCXR_png/CXR1_1_IM-0001-4001.png"]
    assert {label for label in source.labels if first[label] == 1} == {"Cardiomegaly", "Pleural_Thickening"}
    assert first["patient_id"] == "CXR1" and len(table) == 3
    assert {reason: len(names) for reason, names in source.left_out.items()} == {
        "not indexed": 1, "called unsatisfactory": 1,
    }  # fmt: skip
    assert any("5 reports, of which 1 name no image" in note for note in source.notes)


def test_views_come_from_the_table_of_headers(tmp_path: Path) -> None:
    write(tmp_path)
    names = [name for images, _ in REPORTS.values() for name in images]
    views = pd.DataFrame({"imageid": names, "View Position": ["PA", "LL", "AP", "PA", "PA"]})
    views.to_csv(tmp_path / "nlmcxr_dicom_metadata.csv.gz", index=False)
    assert list(read_openi(tmp_path).table["view"]) == ["PA", "LL", "AP"]
    assert list(read_openi(tmp_path, view="frontal").table["view"]) == ["PA", "AP"]


def test_the_command_keeps_one_hash_of_all_reports(tmp_path: Path) -> None:
    write(tmp_path)
    text = (tmp_path / "ecgen-radiology/2.xml").read_text()
    for number in range(6, 20):  # more patients
        (tmp_path / f"ecgen-radiology/{number}.xml").write_text(text.replace("CXR2", f"CXR{number}"))
    output = tmp_path / "list.json"
    options = [
        "--missing-images",
        "keep",
        "--duplicates",
        "none",
        "--split",
        "stratified",
        "--fractions",
        "0.4,0.3,0.3",
    ]
    assert main(["datalist", "openi", str(tmp_path), "--output", str(output), *options]) == 0
    assert list(json.loads(output.read_text())["provenance"]["source_files"]) == ["ecgen-radiology"]


def test_what_is_no_report_is_named(tmp_path: Path) -> None:
    (tmp_path / "ecgen-radiology").mkdir()
    with pytest.raises(ValueError, match="holds no report"):
        read_openi(tmp_path)
    (tmp_path / "ecgen-radiology/1.xml").write_text("<a>")
    with pytest.raises(ValueError, match=r"1\.xml: is no readable XML"):
        read_openi(tmp_path)
    (tmp_path / "ecgen-radiology/1.xml").write_text("<a/>")
    with pytest.raises(ValueError, match=r"1\.xml: is no report of the Indiana collection"):
        read_openi(tmp_path)


def test_a_view_is_refused_where_no_table_says_any(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"`view` PA: no view is known; put \*nlmcxr_dicom_metadata\.csv"):
        read_openi(write(tmp_path), view="PA")


def test_a_hemopneumothorax_is_a_pneumothorax(tmp_path: Path) -> None:
    write(tmp_path)
    report = tmp_path / "ecgen-radiology/2.xml"
    report.write_text(report.read_text().replace("normal", "Hemopneumothorax/right"))
    found = read_openi(tmp_path).table.set_index("image")
    assert found.loc["NLMCXR_png/CXR2_IM-0002-1001.png", "Pneumothorax"] == 1
