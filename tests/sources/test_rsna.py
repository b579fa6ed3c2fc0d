"""RSNA's challenge: boxes, and patients only where the mapping to ChestX-ray14 is there."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from radiobundle.sources.rsna import read_rsna

BOXES = [("a", 102.4, 204.8, 512, 256, 1), ("a", 0, 0, 1024, 1024, 1), ("b", None, None, None, None, 0)]


def write(folder: Path, rows: list[tuple[object, ...]] = BOXES) -> Path:
    columns = ["patientId", "x", "y", "width", "height", "Target"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "stage_2_train_labels.csv", index=False)
    return folder


def test_boxes_and_unknown_patients(tmp_path: Path) -> None:
    source = read_rsna(write(tmp_path))
    table = source.table
    assert list(table["image"]) == ["stage_2_train_images/a.dcm", "stage_2_train_images/b.dcm"]
    assert list(table["Pneumonia"]) == [1, 0] and table["patient_id"].isna().all()
    assert table["boxes"][0][0] == {"label": "Pneumonia", "x": 0.1, "y": 0.2, "width": 0.5, "height": 0.25}
    assert len(table["boxes"][0]) == 2 and any("patients are unknown" in note for note in source.notes)


def test_mapping_headers_and_classes_are_read_if_they_are_there(tmp_path: Path) -> None:
    write(tmp_path)
    mapping = [{"subset_img_id": name, "img_id": f"0000000{at}_001.png"} for at, name in enumerate("ab")]
    (tmp_path / "pneumonia-challenge-dataset-mappings_2018.json").write_text(json.dumps(mapping))
    headers = pd.DataFrame({"PatientID": ["b", "a"], "PatientAge": [43, 7], "PatientSex": ["F", "M"],
                            "ViewPosition": ["AP", "PA"]})  # fmt: skip
    headers.to_csv(tmp_path / "kaggle_stage_2_train_images_dicom_headers.csv.gz")
    classes = pd.DataFrame({"patientId": ["a", "a", "b"], "class": ["Lung Opacity", "Lung Opacity", "Normal"]})
    classes.to_csv(tmp_path / "stage_2_detailed_class_info.csv", index=False)
    table = read_rsna(tmp_path).table
    assert list(table["patient_id"]) == ["00000000", "00000001"] and list(table["view"]) == ["PA", "AP"]
    assert list(table["age"]) == [7, 43] and list(table["class"]) == ["Lung Opacity", "Normal"]
    source = read_rsna(tmp_path, view="AP")
    assert len(source.table) == 1 and source.rows_read == 2
    (tmp_path / "pneumonia-challenge-dataset-mappings_2018.json").write_text(json.dumps(mapping[:1]))
    with pytest.raises(ValueError, match="does not name image b"):
        read_rsna(tmp_path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", 1, 1, 5, 5, 2)], "Target is '2' .*; it must be 0 or 1"),
        ([("a", 1, 1, 5, 5, 1), ("a", None, None, None, None, 0)], "image a has rows with Target 0 and 1"),
        ([("a", 1000, 1, 50, 5, 1)], "lies outside its image of 1024x1024 px"),
        ([("a", "x", 1, 50, 5, 1)], "must be numbers in pixels"),
    ],
)
def test_wrong_rows_are_named(tmp_path: Path, rows: list[tuple[object, ...]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_rsna(write(tmp_path, rows))


def test_a_view_is_refused_where_no_table_says_any(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"`view` PA: no view is known; put .*dicom_headers"):
        read_rsna(write(tmp_path), view="PA")
