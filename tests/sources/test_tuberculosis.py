"""The sets of Shenzhen and Montgomery County: labels from names, facts from readings."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiobundle.sources.tuberculosis import read_tuberculosis

READINGS = {
    "CHNCXR_0001_0": "male 45yrs\nnormal", "CHNCXR_0327_1": "female 24yrs \nright PTB",
    "CHNCXR_0002_0": "Male  8 months",
    "MCUCXR_0001_0": "Patient's Sex: F\nPatient's Age: 027Y\nnormal", "MCUCXR_0104_1": None,
}  # fmt: skip


def write(root: Path) -> Path:
    for name, reading in READINGS.items():
        place = root / ("China" if name[0] == "C" else "Montgomery")
        for part in ("CXR_png", "ClinicalReadings"):
            (place / part).mkdir(parents=True, exist_ok=True)
        (place / "CXR_png" / f"{name}.png").touch()
        if reading is not None:
            (place / "ClinicalReadings" / f"{name}.txt").write_text(reading)
    (root / "China/CXR_png/Thumbs.png").touch()
    return root


def test_both_sets_are_read_with_sex_and_age(tmp_path: Path) -> None:
    source = read_tuberculosis(write(tmp_path))
    table = source.table.set_index("patient_id")
    assert list(table["Tuberculosis"]) == [0, 0, 1, 0, 1]
    assert table.loc["CHNCXR_0327", "image"] == "China/CXR_png/CHNCXR_0327_1.png"
    assert list(table["age"].fillna(-1)) == [45, pytest.approx(8 / 12, abs=1e-4), 24, 27, -1]
    assert list(table["sex"].fillna("")) == ["M", "M", "F", "F", ""]
    assert list(table["site"]) == ["Shenzhen"] * 3 + ["Montgomery"] * 2
    assert source.notes == (
        "1 file named otherwise and left alone: Thumbs.png", "1 image without a reading that says the sex",
    )  # fmt: skip
    assert len(read_tuberculosis(tmp_path / "China").table) == 3


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give the folder of a set, or the one above"):
        read_tuberculosis(tmp_path)
