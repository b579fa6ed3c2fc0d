"""The NIH's files in their versions, and what is wrong with them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from PIL import Image

from radiobundle.cli import main
from radiobundle.sources.chestxray14 import LABELS, read_chestxray14

HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
BOX_HEADER = "Image Index,Finding Label,Bbox [x,y,w,h],,,"
ROWS = {
    "00000001_000.png": "Cardiomegaly,0,1,57,M,PA",
    "00000001_001.png": "Cardiomegaly|Emphysema,1,1,58,M,PA",
    "00000002_000.png": "No Finding,0,2,80,F,AP",
    "00000003_000.png": "Hernia,0,3,74,F,PA",
    "00000004_000.png": "Mass|Nodule,0,4,82,M,AP",
}
TEST_IMAGES = ("00000004_000.png",)


def write_nih(
    folder: Path, *, rows: dict[str, str] = ROWS, original: bool = False, places: tuple[str, ...] = ()
) -> Path:
    """Write the table, the lists, one box, and an image per row (into `places` in turn; default: images)."""
    tail = ",2682,2749,0.143,0.143" + ("," if original else "")
    text = "\n".join([HEADER + ("," if original else ""), *(f"{name},{row}{tail}" for name, row in rows.items())])
    name = "Data_Entry_2017.csv" if original else "Data_Entry_2017_v2020.csv"
    (folder / name).write_text(text + "\n")
    (folder / "train_val_list.txt").write_text("\n".join(name for name in rows if name not in TEST_IMAGES))
    (folder / "test_list.txt").write_text("\n".join(TEST_IMAGES))
    (folder / "BBox_List_2017.csv").write_text(f"{BOX_HEADER}\n00000004_000.png,Infiltrate,512,256,102.4,204.8,,,\n")
    for number, image in enumerate(rows):
        place = folder / (places[number % len(places)] if places else "images")
        place.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 40 * number).save(place / image)
    return folder


def test_table_becomes_labels_patients_and_official_splits(tmp_path: Path) -> None:
    source = read_chestxray14(write_nih(tmp_path))
    table = source.table.set_index("image")
    assert source.labels == LABELS and len(LABELS) == 14
    assert table.loc["images/00000001_001.png", ["Cardiomegaly", "Emphysema"]].tolist() == [1, 1]
    assert table.loc["images/00000002_000.png", list(LABELS)].sum() == 0
    assert table["patient_id"].tolist() == ["00000001", "00000001", "00000002", "00000003", "00000004"]
    assert table["split"].tolist() == ["training"] * 4 + ["test"]
    assert table["age"].tolist() == [57, 58, 80, 74, 82] and table["view"].tolist()[2] == "AP"


def test_original_version_compressed_with_old_ages_is_read(tmp_path: Path) -> None:
    rows = {**ROWS, "00000003_000.png": "Hernia,0,3,414,F,PA", "00000002_000.png": "No Finding,0,2,080Y,F,AP"}
    write_nih(tmp_path, rows=rows, original=True)
    path = tmp_path / "Data_Entry_2017.csv"
    (tmp_path / "Data_Entry_2017.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    source = read_chestxray14(tmp_path)
    assert source.table["age"].tolist() == [57, 58, 80, 414, 82]
    assert any("414" in note and "00000003_000.png" in note for note in source.notes)


@pytest.mark.parametrize("places", [("images_001/images", "images_012/images"), ("images_001", "images"), (".",)])
def test_images_are_found_in_the_nih_s_folders(tmp_path: Path, places: tuple[str, ...]) -> None:
    source = read_chestxray14(write_nih(tmp_path, places=places))
    assert all((tmp_path / name).is_file() for name in source.table["image"])


def test_box_travels_to_the_datalist_as_fractions_of_the_image(tmp_path: Path) -> None:
    write_nih(tmp_path)
    output = tmp_path / "list.json"
    options = ["--output", str(output), "--duplicates", "none", "--validation-fraction", "0.3"]
    assert main(["datalist", "chestxray14", str(tmp_path), *options]) == 0
    content = json.loads(output.read_text())
    expected = {"label": "Infiltration", "x": 0.5, "y": 0.25, "width": 0.1, "height": 0.2}
    assert [item["boxes"] for item in content["test"]] == [[pytest.approx(expected)]]
    assert content["provenance"]["split"] == "official"
    patients = [{item["patient_id"] for item in content[split]} for split in ("training", "validation", "test")]
    assert not patients[0] & patients[1] and not patients[1] & patients[2]


def test_random_split_says_how_many_patients_it_leaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {
        f"{patient:08}_{image:03}.png": f"Mass,{image},{patient},50,F,PA"
        for patient in range(10, 15)
        for image in range(20)
    }
    write_nih(tmp_path, rows=rows)
    output = tmp_path / "list.json"
    options = ["--split", "random", "--fractions", "0.8,0.1,0.1", "--output", str(output), "--duplicates", "none"]
    assert main(["datalist", "chestxray14", str(tmp_path), *options]) == 0
    assert "WARNING: 5 patients have images in more than one split" in capsys.readouterr().out
    assert json.loads(output.read_text())["provenance"]["patients_in_several_splits"] == 5


def test_image_on_disk_that_the_table_lacks_is_said(tmp_path: Path) -> None:
    write_nih(tmp_path)
    Image.new("L", (8, 8)).save(tmp_path / "images" / "00000009_000.png")
    assert (
        "1 images on disk are not in the table (the first: images/00000009_000.png)" in read_chestxray14(tmp_path).notes
    )


@pytest.mark.parametrize(
    ("image", "row", "match"),
    [
        ("00000003_000.png", "Hernai,0,3,74,F,PA", "did you mean 'Hernia'"),
        ("00000003_000.png", "Hernia|No Finding,0,3,74,F,PA", "both a finding and none"),
        ("00000004_000.png", "Mass,0,1,82,M,AP", "both hold images of patient 1 "),
    ],
)
def test_contradictory_row_is_named(tmp_path: Path, image: str, row: str, match: str) -> None:
    write_nih(tmp_path, rows={**ROWS, image: row})
    with pytest.raises(ValueError, match=match):
        read_chestxray14(tmp_path)


def test_repeated_row_is_named(tmp_path: Path) -> None:
    path = write_nih(tmp_path) / "Data_Entry_2017_v2020.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n")
    with pytest.raises(ValueError, match=r"00000001_000\.png appears in more than one row"):
        read_chestxray14(tmp_path)


def test_wrong_columns_say_which_table_was_expected(tmp_path: Path) -> None:
    path = write_nih(tmp_path) / "Data_Entry_2017_v2020.csv"
    path.write_text(path.read_text().replace("Finding Labels", "labels"))
    with pytest.raises(
        ValueError,
        match=r"lacks the column 'Finding Labels'; did you mean 'labels'\?; expected .*Data_Entry_2017_v2020",
    ):
        read_chestxray14(tmp_path)


def test_row_with_a_surplus_comma_is_refused_where_the_header_ends_with_one(tmp_path: Path) -> None:
    path = write_nih(tmp_path, original=True) / "Data_Entry_2017.csv"
    path.write_text(path.read_text().replace("Mass|Nodule", "Mass,Nodule"))
    with pytest.raises(ValueError, match="line 6: 13 fields under 11 column names"):
        read_chestxray14(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "images/00000004_000.png",
            "1 of 1 names are not in the table (images/00000004_000.png; probably 00000004_000.png is meant",
        ),
        ("00000004_000", "1 of 1 names are not in the table (00000004_000; probably 00000004_000.png is meant"),
        ("nothing.png", "1 of 1 names are not in the table (nothing.png)"),
        ("", "test_list.txt is empty"),
        (None, "test_list.txt not found"),
    ],
)
def test_what_is_wrong_with_a_list_is_said_before_the_split_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, said: str
) -> None:
    path = write_nih(tmp_path) / "test_list.txt"
    path.unlink() if content is None else path.write_text(content)
    command = ["datalist", "chestxray14", str(tmp_path), "--output", str(tmp_path / "d.json"), "--duplicates", "none"]
    assert main(command) == 2
    told = capsys.readouterr().err
    assert said in told and told.index(said) < told.index("the source has no")


def test_image_in_several_folders_is_said_and_a_link_to_it_is_not(tmp_path: Path) -> None:
    write_nih(tmp_path)
    (tmp_path / "images_001/images").mkdir(parents=True)
    (tmp_path / "images_001/images/00000001_000.png").symlink_to(tmp_path / "images/00000001_000.png")
    assert read_chestxray14(tmp_path).notes == ()
    Image.new("L", (8, 8), 99).save(tmp_path / "images_001/images/00000002_000.png")
    (note,) = read_chestxray14(tmp_path).notes
    assert "1 images are in several folders" in note
    assert "images/00000002_000.png is read, not images_001/images/00000002_000.png" in note


@pytest.mark.parametrize(
    "corners", ["nan,10,50,50", "1_0,10,50,50", "1000,10,50,50", "-1,10,50,50", "10,10,0,50", "10,ten,50,50"]
)
def test_impossible_box_is_named(tmp_path: Path, corners: str) -> None:
    write_nih(tmp_path)
    (tmp_path / "BBox_List_2017.csv").write_text(f"{BOX_HEADER}\n00000004_000.png,Mass,{corners}\n")
    with pytest.raises(ValueError, match=r"line 2 \(00000004_000\.png\)"):
        read_chestxray14(tmp_path)


@pytest.mark.real_data
def test_counts_of_the_real_table(real_data_dir: Path) -> None:
    source = read_chestxray14(real_data_dir / "nih_chestxray14")
    assert len(source.table) == 112_120 and source.table["patient_id"].nunique() == 30_805
    assert source.table["split"].value_counts().to_dict() == {"training": 86_524, "test": 25_596}
    assert sum(len(boxes) for boxes in source.table["boxes"] if isinstance(boxes, list)) == 984
    assert source.notes == ()
