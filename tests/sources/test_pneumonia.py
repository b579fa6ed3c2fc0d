"""The pneumonia set in both of its layouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiobundle.sources.pneumonia import read_pneumonia
from radiobundle.sources.registry import SOURCES
from radiobundle.sources.table import STANDARD_COLUMNS


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
    with pytest.raises(ValueError, match="no such folder; give the folder with train, val and test"):
        read_pneumonia(course_dir / "nowhere")


def test_original_name_without_cause_is_an_error(original_dir: Path) -> None:
    touch(original_dir, "test/PNEUMONIA/person5.jpeg")
    with pytest.raises(ValueError, match=r"person5\.jpeg: the name contains neither"):
        read_pneumonia(original_dir)


def test_linked_folders_and_macos_leftovers_are_counted_and_not_read(course_dir: Path) -> None:
    before = read_pneumonia(course_dir)
    touch(course_dir, "elsewhere/1.png", "train/normal/._1.jpg")
    (course_dir / "train/linked").symlink_to(course_dir / "elsewhere")
    after = read_pneumonia(course_dir)
    assert after.table["image"].tolist() == before.table["image"].tolist()
    assert before.notes == ()
    assert "2 of 29 files in the split folders are not .jpeg, .jpg, .png in a class folder" in after.notes[0]


@pytest.mark.real_data
def test_real_pneumonia_counts(real_data_dir: Path) -> None:
    table = SOURCES["pneumonia"].read(real_data_dir / "pneumonia_xray").table
    counts = table.groupby("split")[["normal", "covid", "non-covid"]].sum()
    assert counts.loc["training"].tolist() == [1341, 1345, 2530]
    assert counts.loc["validation"].tolist() == [8, 9, 8]
    assert counts.loc["test"].sum() == 334
