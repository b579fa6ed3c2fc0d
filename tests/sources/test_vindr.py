"""VinDr-CXR: what three readers say together, and boxes in pixels of images of any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from image_files import make_dicom
from radiobundle.sources.vindr import read_vindr

ROWS = [
    ("a", "Nodule/Mass", "R1", 10, 20, 30, 60), ("a", "Nodule/Mass", "R2", 12, 20, 30, 60),
    ("a", "Cardiomegaly", "R2", 0, 0, 100, 200), ("a", "No finding", "R3", None, None, None, None),
    ("b", "No finding", "R1", None, None, None, None), ("b", "No finding", "R2", None, None, None, None),
    ("b", "No finding", "R4", None, None, None, None),
]  # fmt: skip


def write(folder: Path) -> Path:
    columns = ["image_id", "class_name", "rad_id", "x_min", "y_min", "x_max", "y_max"]
    pd.DataFrame(ROWS, columns=columns).assign(class_id=1).to_csv(folder / "train.csv", index=False)
    return folder


@pytest.mark.parametrize(
    ("readers", "lesion", "heart"),
    [("majority", 1, 0), ("any", 1, 1), ("all", 0, 0), ("agreed", -1, -1), ("soft", 2 / 3, 1 / 3)],
)
def test_readers_together(tmp_path: Path, readers: str, lesion: float, heart: float) -> None:
    source = read_vindr(write(tmp_path), readers=readers)
    table = source.table.set_index("image")
    assert table.loc["train/a.dicom", "Lung Lesion"] == pytest.approx(lesion)
    assert table.loc["train/a.dicom", "Cardiomegaly"] == pytest.approx(heart)
    assert (table.loc["train/b.dicom", list(source.labels)] == 0).all()
    assert any("differ on 2 labels" in note for note in source.notes) == (readers == "agreed")


def test_boxes_are_fractions_where_the_size_is_known(tmp_path: Path) -> None:
    source = read_vindr(write(tmp_path))
    assert source.table["boxes"].isna().all() and any("2 boxes left out" in note for note in source.notes)
    (tmp_path / "train").mkdir()
    make_dicom(tmp_path / "train/a.dicom", np.zeros((200, 100), dtype=np.uint16))
    boxes = read_vindr(tmp_path).table.set_index("image").loc["train/a.dicom", "boxes"]
    assert boxes[0] == {"label": "Lung Lesion", "x": 0.1, "y": 0.1, "width": 0.2, "height": 0.2} and len(boxes) == 2


def test_an_unknown_way_to_count_readers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`readers` 'most' is unknown; use majority"):
        read_vindr(write(tmp_path), readers="most")


@pytest.mark.parametrize("column", ["image_id", "class_name", "rad_id"])
def test_a_row_that_names_no_finding_or_reader_is_no_denial(tmp_path: Path, column: str) -> None:
    table = pd.read_csv(write(tmp_path) / "train.csv")
    table.loc[2, column] = None
    table.to_csv(tmp_path / "train.csv", index=False)
    with pytest.raises(ValueError, match=rf"line 4: {column} is empty \(1 such row\)"):
        read_vindr(tmp_path)
