"""FracAtlas' own layout: one table, images in two folders or one, body parts of which an image may show several."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from radiobundle.cli import main
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.sources.fracatlas import PARTS, TABLE, read_fracatlas

HEADER = ["image_id", *PARTS, "mixed", "hardware", "multiscan", "fractured", "fracture_count",
          "frontal", "lateral", "oblique"]  # fmt: skip


def row(number: int, *parts: str, **cells: object) -> dict[str, object]:
    facts = dict.fromkeys(HEADER, 0) | dict.fromkeys(parts, 1) | {"mixed": int(len(parts) > 1), "frontal": 1}
    return {**facts, "image_id": f"IMG{number:07d}.jpg", **cells}


ROWS = [
    row(1, "hand"),
    row(2, "hand", fractured=1, fracture_count=2, lateral=1, multiscan=1),
    row(3, "leg", hardware=1),
    row(4, "hip", frontal=0, oblique=1),
    row(5, "shoulder", frontal=0),
    row(6, "hand", "shoulder", fractured=1, fracture_count=1),
    row(7),
    row(8, "leg", mixed=1),
]


def write(root: Path, rows: list[dict[str, object]] = ROWS, *, in_two_folders: bool = True) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows, columns=HEADER).to_csv(root / TABLE, index=False, lineterminator="\r\n")
    for item in rows:
        kind = "Fractured" if item["fractured"] else "Non_fractured"
        folder = root / "images" / (kind if in_two_folders else "")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / str(item["image_id"])).write_bytes(str(item["image_id"]).encode())
    return root


def numbers(names: pd.Series | list[str]) -> list[int]:
    return [int(Path(name).stem.removeprefix("IMG")) for name in names]


def test_body_parts_of_images_that_show_one(tmp_path: Path) -> None:
    source = read_fracatlas(write(tmp_path))
    assert (source.labels, source.exclusive) == (PARTS, True)
    assert numbers(source.table["image"]) == [1, 2, 3, 4, 5]
    assert source.table[list(PARTS)].to_numpy().argmax(axis=1).tolist() == [0, 0, 1, 2, 3]
    assert {reason: numbers(list(names)) for reason, names in source.left_out.items()} == {
        "several body parts": [6], "no body part": [7], "called mixed, but only one body part": [8],
    }  # fmt: skip
    assert source.rows_read == len(ROWS)
    assert source.table["patient_id"].isna().all()


def test_views_hardware_and_counts_are_kept(tmp_path: Path) -> None:
    source = read_fracatlas(write(tmp_path))
    assert source.group_columns == (
        "fractured", "hardware", "multiscan", "fracture_count", "frontal", "lateral", "oblique",
    )  # fmt: skip
    assert source.table["view"].fillna("?").tolist() == ["frontal", "frontal and lateral", "frontal", "oblique", "?"]
    assert source.table["fracture_count"].tolist() == [0, 2, 0, 0, 0]
    assert source.table["hardware"].tolist() == [0, 0, 1, 0, 0]


def test_fracture_is_one_label_and_the_body_part_a_group(tmp_path: Path) -> None:
    source = read_fracatlas(write(tmp_path), task="fracture")
    assert (source.labels, source.exclusive) == (("fractured",), False)
    assert source.table["fractured"].tolist() == [0, 1, 0, 0, 0]
    assert source.table["body_part"].tolist() == ["hand", "hand", "leg", "hip", "shoulder"]


def test_mixed_images_may_be_kept(tmp_path: Path) -> None:
    source = read_fracatlas(write(tmp_path), mixed="keep")
    assert not source.exclusive
    assert numbers(source.table["image"]) == [1, 2, 3, 4, 5, 6]
    assert source.table[list(PARTS)].iloc[5].tolist() == [1, 0, 0, 1]
    assert set(source.left_out) == {"no body part", "called mixed, but only one body part"}
    fractures = read_fracatlas(tmp_path, mixed="keep", task="fracture").table
    assert fractures["body_part"].tolist()[5] == "mixed"


def test_other_body_parts_are_counted(tmp_path: Path) -> None:
    source = read_fracatlas(write(tmp_path), labels=("leg", "hand"))
    assert source.labels == ("leg", "hand")
    assert numbers(source.table["image"]) == [1, 2, 3]
    assert numbers(list(source.left_out["body part other than leg, hand"])) == [4, 5]
    kept = read_fracatlas(tmp_path, labels=("leg", "hand"), mixed="keep")
    assert numbers(kept.table["image"]) == [1, 2, 3, 6]
    assert not {"hip", "shoulder"} & set(kept.table.columns)


def test_images_are_found_in_either_layout_and_from_above(tmp_path: Path) -> None:
    two, one = write(tmp_path / "a/FracAtlas"), write(tmp_path / "b", in_two_folders=False)
    assert read_fracatlas(two).table["image"].tolist()[:2] == [
        "images/Non_fractured/IMG0000001.jpg", "images/Fractured/IMG0000002.jpg",
    ]  # fmt: skip
    assert read_fracatlas(two.parent).table["image"].iloc[0] == "FracAtlas/images/Non_fractured/IMG0000001.jpg"
    assert read_fracatlas(one).table["image"].iloc[0] == "images/IMG0000001.jpg"


def test_images_beside_the_table_are_counted(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "images/Fractured/IMG0000099.jpg").write_bytes(b"x")
    (tmp_path / "images/Fractured/._IMG0000001.jpg").write_bytes(b"x")
    assert any("1 images on disk are not in the table" in note for note in read_fracatlas(tmp_path).notes)


def test_image_in_two_folders_is_warned_of(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "images/IMG0000002.jpg").write_bytes(b"x")
    assert any("1 images are in several folders" in note for note in read_fracatlas(tmp_path).notes)


def test_folder_that_contradicts_the_table_is_refused(tmp_path: Path) -> None:
    images = write(tmp_path) / "images"
    (images / "Fractured/IMG0000002.jpg").rename(images / "Non_fractured/IMG0000002.jpg")
    with pytest.raises(
        ValueError, match=r"dataset\.csv, line 3: fractured is 1, but the image is images/Non_fractured.*\(1 such"
    ):
        read_fracatlas(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hand": 2}, r"line 3: column 'hand' holds '2' \(1 such row\); it must be 1 or 0"),
        ({"hardware": ""}, "line 3: column 'hardware' holds ''"),
        ({"frontal": -1}, "column 'frontal' holds '-1'"),
        ({"fracture_count": 1.5}, "line 3: column 'fracture_count' holds '1.5'.*correct the row"),
        ({"fracture_count": 3}, "line 3: fractured is 0 and fracture_count 3"),
        ({"image_id": " "}, r"line 3: image_id is empty \(1 such row\)"),
        ({"image_id": "IMG0000001.jpg"}, "line 3: IMG0000001.jpg appears twice .*; keep one row"),
    ],
)
def test_odd_rows_are_named(change: dict[str, object], message: str, tmp_path: Path) -> None:
    pd.DataFrame([row(1, "hand"), row(2, "leg", **change)], columns=HEADER).to_csv(tmp_path / TABLE, index=False)
    with pytest.raises(ValueError, match=message):
        read_fracatlas(tmp_path)


def test_row_with_a_surplus_field_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    with (tmp_path / TABLE).open("a") as table:
        table.write("IMG0000042.jpg,1,0,0,0,0,0,0,0,0,1,0,0,1\n")
    with pytest.raises(ValueError, match="line 10: 14 fields under 13 column names"):
        read_fracatlas(tmp_path)


def test_table_of_another_set_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    pd.DataFrame(ROWS).rename(columns={"shoulder": "shoulders"}).to_csv(tmp_path / TABLE, index=False)
    with pytest.raises(ValueError, match="lacks the column 'shoulder'; did you mean 'shoulders'"):
        read_fracatlas(tmp_path)
    (tmp_path / TABLE).unlink()
    with pytest.raises(ValueError, match=r"no dataset\.csv of FracAtlas in it"):
        read_fracatlas(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ["hands"]}, "there is no 'hands'; did you mean 'hand'?"),
        ({"task": "fractures"}, "use body-part, fracture"),
        ({"mixed": "drop"}, "`mixed` 'drop' is unknown; use leave-out, keep"),
    ],
)
def test_odd_options_are_named(options: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        read_fracatlas(write(tmp_path), **options)  # type: ignore[arg-type]


def test_command_makes_lists_of_both_tasks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row(number, PARTS[number % 4], fractured=number // 4 % 2, fracture_count=number // 4 % 2)
            for number in range(40)]  # fmt: skip
    write(tmp_path, [*rows, row(99, "hand", "leg")])
    output = tmp_path / "list.json"
    command = ["datalist", "fracatlas", str(tmp_path), "--output", str(output), "--duplicates", "none"]
    assert main(command) == 0
    assert (found := read_datalist(output)).task == "multiclass"
    assert [len(found.splits[name]) for name in ("training", "validation", "test")] == [28, 4, 8]
    assert "1 several body parts" in capsys.readouterr().out
    assert main([*command, "--task", "fracture", "--mixed", "keep"]) == 0
    assert (found := read_datalist(output)).labels == ("fractured",)
    assert sum(map(len, found.splits.values())) == 41


@pytest.mark.real_data
def test_counts_of_the_real_table(real_data_dir: Path) -> None:
    folder = real_data_dir / "fracatlas"
    table = pd.read_csv(folder / TABLE)
    single = table[table[list(PARTS)].sum(axis=1) == 1]
    source = read_fracatlas(folder)
    assert source.table[list(PARTS)].sum().tolist() == single[list(PARTS)].sum().tolist() == [416, 416, 138, 69]
    assert {reason: len(names) for reason, names in source.left_out.items()} == {"several body parts": 48}
    assert source.rows_read == len(table) == 1087
    assert source.table["image"].tolist() == ("images/" + single["image_id"]).tolist()
    for name in ("hardware", "multiscan", "fractured", "fracture_count", "frontal", "lateral", "oblique"):
        assert source.table[name].tolist() == single[name].tolist()
    fractures = read_fracatlas(folder, task="fracture", mixed="keep").table
    assert fractures["fractured"].tolist() == table["fractured"].tolist()
    assert fractures["body_part"].value_counts().to_dict() == {
        "hand": 416, "leg": 416, "hip": 138, "shoulder": 69, "mixed": 48,
    }  # fmt: skip
