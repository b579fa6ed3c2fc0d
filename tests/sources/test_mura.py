"""MURA's own layout: headerless tables or folders, studies numbered per patient and body part, macOS leftovers."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiobundle.cli import main
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.sources.mura import PARTS, read_mura

STUDIES = {  # images of each
    "train/XR_ELBOW/patient00001/study1_positive": 2,
    "train/XR_WRIST/patient00001/study1_negative": 1,  # the same patient and number, another body part
    "train/XR_WRIST/patient00001/study2_positive": 1,
    "train/XR_SHOULDER/patient00002/study1_negative": 3,
    "train/XR_ELBOW/patient00003/study1_negative": 1,
    "valid/XR_ELBOW/patient11185/study1_negative": 1,
    "valid/XR_WRIST/patient11186/study1_positive": 2,
    "valid/XR_HAND/patient11187/study1_positive": 1,
}
IMAGES = [f"{study}/image{k}.png" for study, count in STUDIES.items() for k in range(1, count + 1)]


def write_tables(root: Path, *, images: list[str] = IMAGES, labels: dict[str, object] | None = None) -> None:
    """Write the four tables; labels as the folders say, but for those given."""
    root.mkdir(exist_ok=True)
    studies = {study: int(study.endswith("positive")) for study in STUDIES} | (labels or {})
    for name in ("train", "valid"):
        paths = [f"MURA-v1.1/{image}\n" for image in images if image.startswith(name)]
        (root / f"{name}_image_paths.csv").write_text("".join(paths))
        rows = [f"MURA-v1.1/{study}/,{label}\n" for study, label in studies.items() if study.startswith(name)]
        (root / f"{name}_labeled_studies.csv").write_text("".join(rows))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """The folder of the distribution, with images and without tables."""
    root = tmp_path / "MURA-v1.1"
    for name in IMAGES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


@pytest.fixture
def distribution(images: Path) -> Path:
    write_tables(images)
    return images


def test_body_part_patient_study_and_split_are_read_from_the_path(distribution: Path) -> None:
    source = read_mura(distribution)
    assert (source.labels, source.exclusive) == (PARTS, True)
    table = source.table.set_index("image")
    assert table.index.tolist() == IMAGES
    row = table.loc["train/XR_ELBOW/patient00001/study1_positive/image2.png"]
    assert (row["patient_id"], row["split"], row["elbow"], row["wrist"], row["abnormal"]) == (
        "patient00001", "training", 1, 0, 1,
    )  # fmt: skip
    assert table["split"].value_counts().to_dict() == {"training": 8, "test": 4}
    assert "there is no public test set: valid, which nothing is fitted on, is used as the test set" in source.notes
    assert "no image shows finger, forearm, humerus; `labels` chooses body parts" in source.notes
    assert source.left_out == {}
    assert [path.name for path in source.source_files] == [
        "train_image_paths.csv", "train_labeled_studies.csv", "valid_image_paths.csv", "valid_labeled_studies.csv",
    ]  # fmt: skip


def test_studies_of_one_number_are_told_apart(distribution: Path) -> None:
    table = read_mura(distribution).table
    assert table["study_id"].nunique() == len(STUDIES)
    assert table.groupby("study_id")["patient_id"].nunique().eq(1).all()
    assert table.loc[table["patient_id"] == "patient00001", "study_id"].nunique() == 3


def test_abnormality_is_one_label_and_the_body_part_a_group(distribution: Path) -> None:
    source = read_mura(distribution, task="abnormality")
    assert (source.labels, source.exclusive) == (("abnormal",), False)
    assert source.group_columns == ("body_part",)
    found = source.table.groupby("body_part")["abnormal"].agg(["count", "sum"])
    assert found.to_dict("index") == {
        "elbow": {"count": 4, "sum": 2}, "hand": {"count": 1, "sum": 1},
        "shoulder": {"count": 3, "sum": 0}, "wrist": {"count": 4, "sum": 3},
    }  # fmt: skip


@pytest.mark.parametrize("task", ["body-part", "abnormality"])
def test_other_body_parts_are_counted(task: str, distribution: Path) -> None:
    source = read_mura(distribution, labels=("wrist", "elbow"), task=task)
    assert len(source.table) == 8
    assert source.labels == (("wrist", "elbow") if task == "body-part" else ("abnormal",))
    (reason, names), *others = source.left_out.items()
    assert (reason, len(names), others) == ("body part other than wrist, elbow", 4, [])
    assert source.rows_read == len(IMAGES)


def test_folders_say_what_tables_say(images: Path) -> None:
    walked = read_mura(images)
    assert "train_image_paths.csv is not there: the folders are read instead" in walked.notes
    assert "valid_labeled_studies.csv is not there: the folder names say which studies are abnormal" in walked.notes
    write_tables(images)
    read = read_mura(images)
    columns = read.table.columns.tolist()
    assert sorted(walked.table[columns].astype(str).to_numpy().tolist()) == sorted(
        read.table.astype(str).to_numpy().tolist()
    )


def test_paths_fit_the_distribution_and_the_folder_above(distribution: Path) -> None:
    above = read_mura(distribution.parent)
    assert above.table["image"].tolist() == [f"MURA-v1.1/{name}" for name in IMAGES]
    renamed = distribution.rename(distribution.parent / "mura")  # the tables keep the old name
    assert read_mura(renamed.parent).table["image"].tolist() == [f"mura/{name}" for name in IMAGES]


def test_files_of_macos_are_no_images(images: Path) -> None:
    leftover = "train/XR_ELBOW/patient00001/study1_positive/._image1.png"
    (images / leftover).write_bytes(b"x")
    walked = read_mura(images)
    assert walked.table["image"].tolist() == sorted(IMAGES)
    assert any(f"1 of 13 files in train and valid are not images of studies and were skipped (the first: {leftover})" in
               note for note in walked.notes)  # fmt: skip
    write_tables(images, images=[*IMAGES, leftover])
    read = read_mura(images)
    assert read.left_out == {"not an image but a file of macOS": [leftover]}
    assert (len(read.table), read.rows_read) == (12, 13)


def test_studies_without_images_are_counted_once(images: Path) -> None:
    empty = "valid/XR_HAND/patient11187/study1_positive"
    (images / empty / "image1.png").unlink()
    expected = {"no image of the study in the folder": [empty]}
    assert read_mura(images).left_out == expected
    write_tables(images, images=[name for name in IMAGES if not name.startswith(empty)])
    assert read_mura(images).left_out == expected
    (images / "valid_image_paths.csv").unlink()
    assert read_mura(images).left_out == expected


def test_files_that_no_table_names_are_counted(distribution: Path) -> None:
    (distribution / "train/XR_ELBOW/notes.txt").write_text("x")
    assert any("1 of 13 files in train and valid" in note for note in read_mura(distribution).notes)


def test_label_that_disagrees_with_the_folder_is_refused(distribution: Path) -> None:
    wrong = {"train/XR_WRIST/patient00001/study1_negative": 1, "train/XR_ELBOW/patient00003/study1_negative": 1}
    write_tables(distribution, labels=wrong)
    with pytest.raises(
        ValueError,
        match=r"train_labeled_studies\.csv, line 2: label 1 of train/XR_WRIST/patient00001/study1_negative disagrees "
        r"with the name of the folder \(2 such rows\); correct",
    ):
        read_mura(distribution)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("train_image_paths.csv", "path\n", r"line 9: 'path' does not match MURA's names in train .*1 such row"),
        ("train_image_paths.csv", "MURA-v1.1/valid/XR_ELBOW/patient1/study1_positive/a.png\n", "line 9: .*in train"),
        ("train_image_paths.csv", "MURA-v1.1/train/XR_ELBOW/patient1/study1_positive/a.txt\n", "line 9: .*image1.png"),
        ("train_image_paths.csv", "MURA-v1.1/train/XR_ELBOV/patient1/study1_positive/a.png\n",
         r"line 9: MURA has no body part 'XR_ELBOV'; did you mean 'elbow'\? \(1 such row\); known parts are"),
        ("train_image_paths.csv", f"MURA-v1.1/{IMAGES[0]}\n", "line 9: .*image1.png appears twice .*; keep one row"),
        ("train_image_paths.csv", f"MURA-v1.1/{IMAGES[0]},1\n", "line 9: 2 fields under 1 column names"),
        ("train_image_paths.csv", "MURA-v1.1/train/XR_ELBOW/patient9/study1_positive/image1.png\n",
         r"labeled_studies.csv lacks the study train/XR_ELBOW/patient9/study1_positive/ \(1 such studies"),
        ("train_labeled_studies.csv", "MURA-v1.1/train/XR_HAND/patient00009/study1_positive/,2\n",
         "line 6: column 'label' holds '2'.*correct the row"),
        ("train_labeled_studies.csv", "MURA-v1.1/train/XR_HAND/patient00009/study1_positive/,\n",
         "line 6: column 'label' holds ''"),
        ("train_labeled_studies.csv", "MURA-v1.1/train/XR_HAND/patient00009/study1_positive/\n", "line 6: 1 fields"),
        ("train_labeled_studies.csv", f"{next(iter(STUDIES))},1\n", "line 6: .*study1_positive appears twice"),
        ("train_labeled_studies.csv", "patient00009,1\n", "line 6: 'patient00009' does not match MURA's names"),
    ],
)  # fmt: skip
def test_odd_lines_are_named(file: str, text: str, message: str, distribution: Path) -> None:
    with (distribution / file).open("a") as table:
        table.write(text)
    with pytest.raises(ValueError, match=message):
        read_mura(distribution)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("train/XR_KNEE/patient00001/study1_positive/image1.png", "XR_KNEE.*MURA has no body part 'XR_KNEE'"),
        ("train/XR_KNEE/patient00001/study1_positive/a.txt", "XR_KNEE.*MURA has no body part 'XR_KNEE'"),
        ("train/XR_HAND/patient00001/study1/image1.png", "study1/image1.png.*does not match MURA's names"),
    ],
)
def test_odd_folders_are_named(name: str, message: str, images: Path) -> None:
    (images / name).parent.mkdir(parents=True)
    (images / name).touch()
    with pytest.raises(ValueError, match=message):
        read_mura(images)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ["elbov"]}, "`labels`: there is no 'elbov'; did you mean 'elbow'?"),
        ({"labels": ["elbow", "elbow"]}, "names a label twice"),
        ({"labels": ["elbow"]}, "leaves only one class; name another body part, or `task` abnormality"),
        ({"labels": ["finger", "forearm"]}, "no usable rows"),
        ({"task": "fracture"}, "`task` 'fracture' is unknown; use body-part, abnormality"),
    ],
)
def test_odd_options_are_named(options: dict[str, object], message: str, distribution: Path) -> None:
    with pytest.raises(ValueError, match=message):
        read_mura(distribution, **options)  # type: ignore[arg-type]


def test_folder_without_the_set_is_named(tmp_path: Path, distribution: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty: no train_image_paths\.csv or .* in it or in a folder below"):
        read_mura(tmp_path / "empty")
    with pytest.raises(ValueError, match="nowhere: no such folder; give the folder with"):
        read_mura(tmp_path / "nowhere")
    write_tables(tmp_path / "MURA-v1.0")
    with pytest.raises(ValueError, match=r"MURA-v1\.0 and MURA-v1\.1 both hold"):
        read_mura(tmp_path)


def test_part_of_the_set_without_valid_has_no_test(images: Path) -> None:
    (images / "valid").rename(images / "elsewhere")
    source = read_mura(images)
    assert set(source.table["split"]) == {"training"}
    assert "valid_image_paths.csv is not there, nor is valid" in source.notes


def test_command_keeps_the_official_test_and_validates_by_patient(
    tmp_path: Path, distribution: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "list.json"
    command = ["datalist", "mura", str(distribution.parent), "--output", str(output), "--duplicates", "none"]
    assert main([*command, "--labels", "elbow,shoulder,wrist", "--validation-fraction", "0.3"]) == 0
    found = read_datalist(output)
    assert (found.labels, found.task) == (("elbow", "shoulder", "wrist"), "multiclass")
    assert {item["image"].split("/")[1] for item in found.splits["test"]} == {"valid"}
    patients = {name: {item["patient_id"] for item in items} for name, items in found.splits.items()}
    assert patients["validation"] and not patients["validation"] & patients["training"]
    assert "1 body part other than elbow, shoulder, wrist" in capsys.readouterr().out
    assert main([*command, "--task", "abnormality", "--validation-fraction", "0.3"]) == 0
    found = read_datalist(output)
    assert (found.labels, found.task, found.splits["test"][0]["body_part"]) == (("abnormal",), "multilabel", "elbow")
