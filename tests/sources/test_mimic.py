"""MIMIC-CXR-JPG's three tables as one."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from radiobundle.cli import main
from radiobundle.sources.chexpert_labels import LABELS
from radiobundle.sources.mimic import read_mimic

IMAGES = [  # dicom, study, subject, split, view
    ("d1", "50000001", "10000032", "train", "PA"), ("d2", "50000001", "10000032", "train", "LATERAL"),
    ("d3", "50000002", "10000032", "train", "AP"), ("d4", "50000003", "11000033", "validate", "AP AXIAL"),
    ("d5", "50000004", "12000034", "test", "LL"), ("d6", "50000004", "12000034", "test", ""),
    ("d7", "50000005", "12000035", "test", "PA"),
]  # fmt: skip


def write(
    folder: Path, *, images: list[tuple[str, ...]] = IMAGES, metadata: list[tuple[str, ...]] | None = None
) -> Path:
    table = pd.DataFrame(images, columns=["dicom_id", "study_id", "subject_id", "split", "ViewPosition"])
    views = table if metadata is None else pd.DataFrame(metadata, columns=table.columns)
    table.drop(columns="ViewPosition").to_csv(folder / "mimic-cxr-2.0.0-split.csv.gz", index=False)
    views.drop(columns="split").assign(Rows=10).to_csv(folder / "mimic-cxr-2.0.0-metadata.csv.gz", index=False)
    studies = table[["subject_id", "study_id"]].drop_duplicates().iloc[:-1]  # the last study has no labels
    studies.assign(**dict.fromkeys(LABELS)).assign(Edema=[1.0, -1.0, 0.0, None], Fracture=1.0).to_csv(
        folder / "mimic-cxr-2.0.0-chexpert.csv.gz", index=False
    )
    return folder


def test_labels_split_and_view_meet_by_their_ids(tmp_path: Path) -> None:
    source = read_mimic(write(tmp_path), view="all")
    first = source.table.iloc[0]
    assert first["image"] == "files/p10/p10000032/s50000001/d1.jpg"
    assert (first["patient_id"], first["study_id"], first["view"], first["split"]) == (
        "p10000032", "s50000001", "PA", "training",
    )  # fmt: skip
    assert source.table["split"].tolist() == ["training"] * 3 + ["validation", "test", "test"]
    assert source.table["Edema"].fillna(9).tolist() == [1, 1, -1, 0, 9, 9]
    assert source.left_out == {"no labels of its study": ["files/p12/p12000035/s50000005/d7.jpg"]}


@pytest.mark.parametrize(
    ("view", "images"), [("frontal", ["d1", "d3", "d4"]), ("lateral", ["d2", "d5"]), ("PA", ["d1"]), ("AP", ["d3"])]
)
def test_views_are_chosen_and_the_others_counted(view: str, images: list[str], tmp_path: Path) -> None:
    source = read_mimic(write(tmp_path), view=view)
    assert [Path(name).stem for name in source.table["image"]] == images
    assert source.rows_read == len(IMAGES)


def test_command_makes_a_list_with_the_official_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "list.json"
    options = ["--missing-images", "keep", "--duplicates", "none", "--view", "all", "--uncertain", "ones"]
    assert main(["datalist", "mimic", str(write(tmp_path)), "--output", str(output), *options]) == 0
    content = json.loads(output.read_text())
    assert [len(content[split]) for split in ("training", "validation", "test")] == [3, 1, 2]
    assert "1 no labels of its study" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metadata": IMAGES[:-1]}, "1 images are in only one of .*such as d7"),
        ({"images": [*IMAGES, IMAGES[0]]}, "d1 appears twice"),
        ({"images": [*IMAGES[:-1], ("d7", "50000005", "", "test", "PA")]}, "subject_id is empty"),
    ],
)
def test_tables_that_do_not_fit_are_refused(change: dict[str, list], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        read_mimic(write(tmp_path, **change))


def test_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected one table mimic-cxr-2\.0\.0-chexpert\.csv\.gz, found none"):
        read_mimic(tmp_path)
