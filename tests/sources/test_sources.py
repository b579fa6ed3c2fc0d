from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radiobundle.sources.csv_table import read_csv_table
from radiobundle.sources.linked_rows import linked_groups
from radiobundle.sources.pneumonia import read_pneumonia
from radiobundle.sources.registry import SOURCES
from radiobundle.sources.table import STANDARD_COLUMNS, SourceTable


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


@pytest.fixture
def course_dir(tmp_path: Path) -> Path:
    classes = ("normal", "infected/covid", "infected/non-covid")
    touch(
        tmp_path, *(f"{split}/{c}/{n}.jpg" for split in ("train", "val", "test") for c in classes for n in (1, 2, 10))
    )
    return tmp_path


@pytest.fixture
def original_dir(tmp_path: Path) -> Path:
    touch(
        tmp_path,
        "train/NORMAL/IM-0115-0001.jpeg",
        "train/NORMAL/IM-0115-0001-0002.jpeg",
        "train/NORMAL/NORMAL2-IM-0115-0001.jpeg",
        "train/PNEUMONIA/person63_bacteria_306.jpeg",
        "train/PNEUMONIA/person63_bacteria_307.jpeg",
        "train/PNEUMONIA/person64_virus_1.jpeg",
        "train/PNEUMONIA/person64_bacteria_308.jpeg",
        "val/NORMAL/NORMAL2-IM-1427-0001.jpeg",
        "val/PNEUMONIA/person63_bacteria_309.jpeg",
        "val/PNEUMONIA/person70_virus_2.jpeg",
        "test/NORMAL/IM-0001-0001.jpeg",
        "test/PNEUMONIA/person100_bacteria_475.jpeg",
        "test/PNEUMONIA/person63_virus_8.jpeg",
    )
    return tmp_path


def test_pneumonia_yields_the_common_table(course_dir: Path) -> None:
    source = read_pneumonia(course_dir)
    assert source.labels == ("normal", "covid", "non-covid")
    assert source.exclusive
    assert set(STANDARD_COLUMNS) < set(source.table.columns)
    assert source.table["image"].tolist()[:3] == [f"train/normal/{n}.jpg" for n in (1, 2, 10)]
    assert source.table.groupby("split")[["normal", "covid", "non-covid"]].sum().eq(3).all(axis=None)


def test_course_layout_invents_no_patient(course_dir: Path) -> None:
    table = read_pneumonia(course_dir).table
    assert table[["patient_id", "study_id", "view", "age", "sex"]].isna().all(axis=None)


def test_bacteria_is_non_covid_and_virus_is_covid(original_dir: Path) -> None:
    table = read_pneumonia(original_dir).table.set_index("image")
    assert table.loc["train/PNEUMONIA/person63_bacteria_306.jpeg", "non-covid"] == 1
    assert table.loc["train/PNEUMONIA/person64_virus_1.jpeg", "covid"] == 1
    assert table.loc["train/NORMAL/IM-0115-0001.jpeg", "normal"] == 1


def test_person_numbers_link_within_one_cause_and_within_one_folder(original_dir: Path) -> None:
    patient = read_pneumonia(original_dir).table.set_index("image")["patient_id"]
    assert patient["train/PNEUMONIA/person63_bacteria_306.jpeg"] == patient["val/PNEUMONIA/person63_bacteria_309.jpeg"]
    assert patient["train/PNEUMONIA/person64_virus_1.jpeg"] == patient["train/PNEUMONIA/person64_bacteria_308.jpeg"]
    assert patient["train/PNEUMONIA/person63_bacteria_306.jpeg"] != patient["test/PNEUMONIA/person63_virus_8.jpeg"]
    assert patient["train/NORMAL/IM-0115-0001.jpeg"] == patient["train/NORMAL/IM-0115-0001-0002.jpeg"]
    assert patient["train/NORMAL/IM-0115-0001.jpeg"] != patient["train/NORMAL/NORMAL2-IM-0115-0001.jpeg"]
    assert patient.notna().all()


def test_missing_class_folder_is_named(course_dir: Path) -> None:
    folder = course_dir / "val/infected/covid"
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r"val/infected/covid: no image"):
        read_pneumonia(course_dir)
    folder.rmdir()
    with pytest.raises(ValueError, match=r"val/infected/covid: no such folder.*create or rename"):
        read_pneumonia(course_dir)
    with pytest.raises(ValueError, match="no such folder; give the folder that holds train, val and test"):
        read_pneumonia(course_dir / "nowhere")


def test_original_name_without_cause_is_an_error(original_dir: Path) -> None:
    touch(original_dir, "test/PNEUMONIA/person5.jpeg")
    with pytest.raises(ValueError, match=r"person5\.jpeg: the name tells neither"):
        read_pneumonia(original_dir)


def test_linked_groups_follow_chains_and_ignore_nan() -> None:
    first = pd.Series(["a", "a", None, "b", None])
    second = pd.Series([np.nan, 1, 1, np.nan, np.nan])
    assert linked_groups(5, [first, second]).tolist() == [0, 0, 0, 1, 2]
    assert linked_groups(2, []).tolist() == [0, 1]


def write_csv(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text)
    return path


def test_csv_reads_label_columns_and_keeps_unknown_as_nan(tmp_path: Path) -> None:
    write_csv(tmp_path, "image,a,b,who,age,part,site\nx.png,1,-1,007,061Y,train,N\ny.png,0,,,,test,S\n")
    source = read_csv_table(
        tmp_path, labels=["b", "a"], patient_column="who", age_column="age", split_column="part", group_columns=["site"]
    )
    assert source.labels == ("b", "a")
    assert not source.exclusive
    assert source.group_columns == ("site",)
    assert source.table["patient_id"].tolist()[0] == "007"
    assert source.table["age"].tolist()[0] == 61
    assert source.table["split"].tolist() == ["training", "test"]
    assert source.table.loc[1, ["b", "patient_id", "age", "sex"]].isna().all()
    assert source.table.loc[0, "b"] == -1


def test_csv_class_column_is_exclusive(tmp_path: Path) -> None:
    write_csv(tmp_path, "image,class\nx.png,dog\ny.png,cat\n")
    source = read_csv_table(tmp_path, label_column="class")
    assert source.exclusive
    assert source.labels == ("cat", "dog")
    assert source.table[["cat", "dog"]].to_numpy().tolist() == [[0, 1], [1, 0]]


def test_csv_separated_findings_are_multilabel(tmp_path: Path) -> None:
    write_csv(tmp_path, "image,found\nx.png,Mass|Edema\ny.png,No Finding\n")
    source = read_csv_table(tmp_path, label_column="found", label_separator="|", no_finding="No Finding")
    assert source.labels == ("Edema", "Mass")
    assert source.table[["Edema", "Mass"]].to_numpy().tolist() == [[1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ["Pneumothrax"]}, "did you mean 'Pneumothorax'"),
        ({"labels": ["Pneumothorax"], "patient_column": "Pateint"}, "did you mean 'Patient'"),
        ({}, "name the labels"),
        ({"labels": ["class"]}, "line 2: column 'class' holds 'cat'.*--label-column"),
        ({"label_column": "class", "labels": ["cats"]}, "holds 'cat', not in --labels; did you mean 'cats'"),
        ({"labels": ["Pneumothorax"], "age_column": "class"}, "not an age in years"),
        ({"labels": ["Pneumothorax"], "split_column": "class"}, "a split is training"),
        ({"labels": ["two"]}, "column 'two' holds '2'"),
        ({"labels": ["Pneumothorax"], "csv": "/nowhere/t.csv"}, "no such table"),
    ],
)
def test_csv_errors_name_the_fix(tmp_path: Path, options: dict, message: str) -> None:
    write_csv(tmp_path, "image,Pneumothorax,Patient,class,two\nx.png,1,5,cat,2\n")
    with pytest.raises(ValueError, match=message):
        read_csv_table(tmp_path, **options)


def test_csv_ambiguous_folder_asks_for_the_table(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="found none; name it with --csv"):
        read_csv_table(tmp_path, labels=["a"])


def test_source_table_rejects_two_rows_of_one_image() -> None:
    table = pd.DataFrame({column: ["x", "x"] for column in STANDARD_COLUMNS}).assign(a=1)
    with pytest.raises(ValueError, match="x is named by more than one row"):
        SourceTable(source="csv", table=table, labels=("a",), exclusive=False)


def test_source_table_rejects_two_classes_at_once() -> None:
    table = pd.DataFrame({column: ["x"] for column in STANDARD_COLUMNS}).assign(a=1, b=1)
    with pytest.raises(ValueError, match="x: exactly one of a, b must be 1"):
        SourceTable(source="csv", table=table, labels=("a", "b"), exclusive=True)


@pytest.mark.real_data
def test_real_pneumonia_counts(real_data_dir: Path) -> None:
    table = SOURCES["pneumonia"].read(real_data_dir / "pneumonia_xray").table
    counts = table.groupby("split")[["normal", "covid", "non-covid"]].sum()
    assert counts.loc["training"].tolist() == [1341, 1345, 2530]
    assert counts.loc["validation"].tolist() == [8, 9, 8]
    assert counts.loc["test"].sum() == 334
