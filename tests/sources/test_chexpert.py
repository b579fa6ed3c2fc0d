"""CheXpert's own layout: tables, paths, views, uncertain labels, the radiologists' valid and test parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radiobundle.cli import main
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.sources.chexpert import read_chexpert
from radiobundle.sources.chexpert_labels import COMPETITION, LABELS

HEADER = ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *LABELS]


def row(
    part: str, patient: int, study: int = 1, view: str = "view1_frontal.jpg", **labels: object
) -> dict[str, object]:
    side = "Lateral" if "lateral" in view else "Frontal"
    return {
        "Path": f"CheXpert-v1.0-small/{part}/patient{patient:05d}/study{study}/{view}",
        "Sex": "Female" if patient % 2 else "Male", "Age": 40 + patient, "Frontal/Lateral": side,
        "AP/PA": "AP" if side == "Frontal" else "", **{name.replace("_", " "): value for name, value in labels.items()},
    }  # fmt: skip


def write(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows, columns=HEADER).to_csv(folder / name, index=False)


@pytest.fixture
def distribution(tmp_path: Path) -> Path:
    folder = tmp_path / "CheXpert-v1.0-small"
    train = [
        row("train", 1, Edema=1.0, Consolidation=-1.0),
        row("train", 1, 1, "view2_lateral.jpg", Edema=1.0, Consolidation=-1.0),
        row("train", 1, 2, Edema=0.0),
        row("train", 2, Pneumonia=1.0),
        row("train", 3, Atelectasis=-1.0, Cardiomegaly=1.0),
        row("train", 4, No_Finding=1.0),
    ]
    write(folder, "train.csv", train)
    write(folder, "valid.csv", [row("valid", 90, Edema=1.0), row("valid", 91, Edema=0.0)])
    return folder


def test_patient_study_view_age_and_sex_are_read(distribution: Path) -> None:
    table = read_chexpert(distribution, view="all").table
    first = table.iloc[1]
    assert (first["patient_id"], first["study_id"], first["view"]) == ("patient00001", "study1", "Lateral")
    assert (first["age"], first["sex"]) == (41, "F")
    assert table["image"].iloc[0] == "train/patient00001/study1/view1_frontal.jpg"


def test_paths_fit_the_distribution_and_its_parent(distribution: Path) -> None:
    inside, above = read_chexpert(distribution).table, read_chexpert(distribution.parent).table
    assert ("CheXpert-v1.0-small/" + inside["image"]).tolist() == above["image"].tolist()


def test_values_stay_as_the_labeller_wrote_them(distribution: Path) -> None:
    table = read_chexpert(distribution).table
    assert table["Consolidation"].tolist()[:2] == [-1.0, pytest.approx(np.nan, nan_ok=True)]
    assert read_chexpert(distribution).taught == COMPETITION


@pytest.mark.parametrize(("view", "count"), [("frontal", 7), ("lateral", 1), ("all", 8), ("AP", 7), ("PA", 0)])
def test_views_are_chosen_and_the_others_counted(distribution: Path, view: str, count: int) -> None:
    if not count:
        with pytest.raises(ValueError, match="no usable rows"):
            read_chexpert(distribution, view=view)
        return
    source = read_chexpert(distribution, view=view)
    assert len(source.table) == count
    assert source.rows_read == 8


def test_valid_is_the_test_where_there_is_no_other(distribution: Path) -> None:
    source = read_chexpert(distribution)
    assert source.table["split"].value_counts().to_dict() == {"training": 5, "test": 2}
    assert any("valid.csv, which radiologists labelled" in note for note in source.notes)


def test_test_labels_of_a_study_are_those_of_its_images(distribution: Path) -> None:
    study = distribution / "test" / "patient64741" / "study1"
    study.mkdir(parents=True)
    for name in ("view1_frontal.jpg", "view2_lateral.jpg"):
        (study / name).touch()
    test = pd.DataFrame(
        [{"Study": "CheXpert-v1.0/test/patient64741/study1", **dict.fromkeys(LABELS, 0.0), "Edema": 1.0}]
    )
    test.to_csv(distribution / "test_labels.csv", index=False)
    table = read_chexpert(distribution, view="all").table
    found = table[table["split"] == "test"]
    assert found["image"].str.rpartition("/")[2].tolist() == ["view1_frontal.jpg", "view2_lateral.jpg"]
    assert found["Edema"].tolist() == [1.0, 1.0]
    assert (table["split"] == "validation").sum() == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Path": "CheXpert-v1.0-small/train/00000001_000.png"}, "line 2: .*does not name patient"),
        ({"Edema": 2.0}, "line 2: column 'Edema' holds '2.0'"),
        ({"Edema": "maybe so"}, "column 'Edema' holds 'maybe so'.*1.0, 0.0, -1.0 or empty"),
    ],
)  # fmt: skip
def test_odd_rows_are_named(tmp_path: Path, change: dict[str, object], message: str) -> None:
    write(tmp_path, "train.csv", [{**row("train", 1), **change}, row("train", 2)])
    with pytest.raises(ValueError, match=message):
        read_chexpert(tmp_path)


def test_table_of_another_set_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("Image Index,Finding Labels\na.png,Mass\n")
    with pytest.raises(ValueError, match="lacks the column 'Path'"):
        read_chexpert(tmp_path)


def test_unknown_label_is_named_with_the_nearest(distribution: Path) -> None:
    with pytest.raises(ValueError, match=r"no 'Edma'.*did you mean 'Edema'"):
        read_chexpert(distribution, labels=("Edma",))


def test_command_applies_policies_by_label_and_the_hierarchy(distribution: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    command = ["datalist", "chexpert", str(distribution), "--output", str(path), "--missing-images", "keep"]
    command += ["--duplicates", "none", "--labels", "Lung Opacity,Edema,Consolidation,Atelectasis"]
    assert main([*command, "--uncertain", "Consolidation=ones,*=ignore", "--hierarchy", "chexpert"]) == 0
    found = read_datalist(path)
    items = {item["image"]: item["label"] for split in found.splits.values() for item in split}
    assert items["train/patient00001/study1/view1_frontal.jpg"] == [1, 1, 1, 0]
    assert items["train/patient00002/study1/view1_frontal.jpg"] == [1, 0, 1, 0]  # pneumonia is not among the labels
    assert items["train/patient00003/study1/view1_frontal.jpg"] == [0, 0, 0, -1]
    assert found.provenance["hierarchy"]["made_present"]["Lung Opacity"] == 3


def test_age_and_sex_that_are_not_understood_are_counted(tmp_path: Path) -> None:
    write(tmp_path, "train.csv", [{**row("train", 1), "Sex": "male", "Age": "old"}, row("train", 2), row("train", 3)])
    source = read_chexpert(tmp_path)
    assert source.table["sex"].tolist() == ["M", "M", "F"] and source.table["age"].isna().tolist() == [
        True,
        False,
        False,
    ]
    assert "train.csv: the age of 1 image is not understood and left empty: 'old'" in source.notes


def test_test_studies_without_images_are_counted(distribution: Path) -> None:
    test = pd.DataFrame([{"Study": "CheXpert-v1.0/test/patient64741/study1", **dict.fromkeys(LABELS, 0.0)}])
    test.to_csv(distribution / "test_labels.csv", index=False)
    source = read_chexpert(distribution, view="all")
    assert source.left_out == {"no image of the study in the folder": ["CheXpert-v1.0/test/patient64741/study1"]}
    assert source.rows_read == 9


def test_plus_joins_its_labels_by_path(tmp_path: Path) -> None:
    names = [f"{part}/patient{k:05d}/study1/view1_frontal.jpg" for k, part in enumerate(["train", "train", "valid"])]
    facts = {"age": 50, "sex": "Female", "frontal_lateral": "Frontal", "ap_pa": "PA", "report": "No, nothing.\nFine"}
    pd.DataFrame([{"path_to_image": name, **facts} for name in names]).to_csv(
        tmp_path / "df_chexpert_plus_240401.csv", index=False
    )
    labels = [{"path_to_image": name, **dict.fromkeys(LABELS), "Edema": value}
              for name, value in zip(names, [1.0, -1.0, 0.0], strict=True)]  # fmt: skip
    (tmp_path / "chexbert_labels").mkdir()
    pd.DataFrame(labels[::-1]).to_json(tmp_path / "chexbert_labels" / "report_fixed.json", orient="records", lines=True)
    table = read_chexpert(tmp_path).table
    assert table["Edema"].tolist() == [1.0, -1.0, 0.0] and table["Fracture"].isna().all()
    assert table[["view", "sex", "age"]].to_numpy().tolist() == [["PA", "F", 50.0]] * 3
    pd.DataFrame(labels[1:]).to_json(tmp_path / "chexbert_labels" / "report_fixed.json", orient="records", lines=True)
    with pytest.raises(ValueError, match=r"lacks train/patient00000.*\(1 such images\)"):
        read_chexpert(tmp_path)


def test_rows_of_another_distribution_are_named(tmp_path: Path) -> None:
    other = row("train", 2)
    other["Path"] = str(other["Path"]).replace("-small", "")
    write(tmp_path, "train.csv", [row("train", 1), other])
    with pytest.raises(
        ValueError, match=r"line 3: 'CheXpert-v1\.0/train/.*another distribution than 'CheXpert-v1\.0-small"
    ):
        read_chexpert(tmp_path)
