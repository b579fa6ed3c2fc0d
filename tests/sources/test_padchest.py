"""PadChest's table: lists of findings, views, and names that other sets use too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from radiobundle.cli import main
from radiobundle.sources.padchest import read_padchest

ROWS = [  # image, folder, patient, born, sex, projection, method, labels, localisations
    ("a.png", "0", "p1", "1930.0", "F", "PA", "Physician", "['normal']", "[]"),
    ("b.png", "0", "p1", "1930.0", "F", "L", "Physician", "['normal']", "[]"),
    ("c.png", "1", "p2", "1960.0", "M", "AP_horizontal", "RNN_model",
     "['multiple nodules', ' pleural effusion', '', 'kyphosis']", "['loc basal', 'loc right']"),
    ("d.png", "1", "p3", "None", "O", "PA", "RNN_model", "['exclude']", "[]"),
    ("e.png", "1", "p4", "1999.0", "M", "PA", "RNN_model", "", ""),
    ("f.png", "1", "p5", "1999.0", "M", "COSTAL", "RNN_model", "['nodule']", "[]"),
    ("g.png", "1", "p6", "1999.0", "M", "PA", "Physician", "['unchanged']", "[]"),
]  # fmt: skip


def write(folder: Path, rows: list[tuple[str, ...]] = ROWS) -> Path:
    columns = ["ImageID", "ImageDir", "PatientID", "PatientBirth", "PatientSex_DICOM", "Projection", "MethodLabel",
               "Labels", "Localizations"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns).assign(StudyDate_DICOM="20140915", StudyID="s1", Report="x")
    table.to_csv(folder / "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz")
    return folder


def test_findings_have_common_names_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    source = read_padchest(write(tmp_path))
    table = source.table.set_index("image")
    assert list(table.index) == ["0/a.png", "1/c.png"]
    assert {label for label in source.labels if table.loc["1/c.png", label] == 1} == {"Nodule", "Effusion"}
    assert table.loc["0/a.png", list(source.labels)].sum() == 0
    assert (table.loc["1/c.png", "age"], table.loc["1/c.png", "view"]) == (54.0, "AP supine")
    assert table.loc["1/c.png", "localisations"] == "basal; right"
    assert {reason: len(names) for reason, names in source.left_out.items()} == {
        "no labels": 1, "called to be excluded, or suboptimal": 1, "no findings but unchanged": 1,
        "another view than frontal, or none given": 2,
    }  # fmt: skip
    assert source.rows_read == len(ROWS)
    assert any("1 finding without a label here: kyphosis (1 image)" in note for note in source.notes)


def test_own_names_and_own_vocabularies(tmp_path: Path) -> None:
    write(tmp_path)
    source = read_padchest(tmp_path, vocabulary="own", labels=["kyphosis"], view="all")
    assert source.labels == ("kyphosis",) and source.table["kyphosis"].sum() == 1
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps({"nodule": "Spot", "multiple nodules": "Spot", "kyphosis": None}))
    source = read_padchest(tmp_path, vocabulary=mine, view="all")
    assert source.labels == ("Spot",) and source.table["Spot"].sum() == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ["Nodul"]}, "there is no 'Nodul'; did you mean 'Nodule'"),
        ({"labels": ["Mass", "Mass"]}, "names a label twice"),
        ({"vocabulary": "own"}, "there are 4 findings; name those to learn"),
        ({"vocabulary": "nowhere.json"}, "nowhere.json: no such file"),
        ({"view": "oblique"}, "`view` 'oblique' is unknown"),
    ],
)
def test_wrong_options_are_named(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_padchest(write(tmp_path), **{"view": "all", **options})


def test_the_command_reads_16_bit_images(tmp_path: Path) -> None:
    write(tmp_path)
    for name, folder, *_ in ROWS:
        (tmp_path / folder).mkdir(exist_ok=True)
        pixels = np.random.default_rng(ord(name[0])).integers(0, 4096, (32, 32)).astype(np.uint16)
        Image.fromarray(pixels).save(tmp_path / folder / name)
    output = tmp_path / "list.json"
    options = ["--split", "random", "--fractions", "0.5,0.25,0.25", "--view", "all", "--duplicates", "bytes"]
    assert main(["datalist", "padchest", str(tmp_path), "--output", str(output), *options]) == 0
    items = [item for split in ("training", "validation", "test") for item in json.loads(output.read_text())[split]]
    assert len(items) == 4 and {item["labelled_by"] for item in items} == {"Physician", "RNN_model"}


def test_another_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no PADCHEST"):
        read_padchest(tmp_path)
    (tmp_path / "PADCHEST_chest_x_ray_images_labels_x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="lacks the column 'ImageID'; expected the table of PadChest"):
        read_padchest(tmp_path)


@pytest.mark.parametrize(
    ("finding", "label"),
    [
        ("segmental atelectasis", "Atelectasis"),
        ("atelectasis basal", "Atelectasis"),
        ("loculated fissural effusion", "Effusion"),
    ],
)
def test_kinds_of_a_finding_are_the_finding(tmp_path: Path, finding: str, label: str) -> None:
    row = ("a.png", "0", "p1", "1930.0", "F", "PA", "Physician", f"['{finding}']", "[]")
    assert read_padchest(write(tmp_path, [row])).table[label].tolist() == [1]
