"""Marks correct labels, and every change can be traced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from radiobundle.cli import main
from radiobundle.datalists.amend import amend, read_marks
from radiobundle.datalists.datalist_file import Datalist, datalist_checksum, read_datalist, write_datalist


def make(task: str = "multilabel") -> Datalist:
    labels = {"multilabel": [[1, 0], [0, 1], [0, 0], [1, 1]], "multiclass": [[1, 0], [0, 1], [1, 0], [0, 1]]}[task]
    items = [{"image": f"{at}.png", "label": label, "patient_id": str(at)} for at, label in enumerate(labels)]
    return Datalist(("mass", "edema"), task, {"training": items[:2], "validation": items[2:3], "test": items[3:]})


def marks(folder: Path, *rows: str, header: str = "image,mark,label,value,by") -> Path:
    path = folder / "marks.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def amended(folder: Path, *rows: str, task: str = "multilabel") -> tuple[Datalist, list[str]]:
    path = marks(folder, *rows)
    return amend(make(task), read_marks(path), marks_file=path)


def labels(datalist: Datalist) -> dict[str, list[int]]:
    return {item["image"]: item["label"] for items in datalist.splits.values() for item in items}


def test_labels_are_corrected_ignored_or_removed(tmp_path: Path) -> None:
    found, notes = amended(tmp_path, "0.png,wrong label,mass,,ann", "1.png,Unsure,edema,,", "2.png,bad image,,,",
                           "3.png,wrong_label,edema,0,")  # fmt: skip
    assert labels(found) == {"0.png": [0, 0], "1.png": [0, -1], "3.png": [1, 0]}
    assert found.splits["test"][0]["patient_id"] == "3" and found.splits["validation"] == []
    [entry] = found.provenance["amended"]
    assert entry["from_sha256"] == datalist_checksum(make())
    assert entry["changes"][0] == {
        "image": "0.png", "split": "training", "mark": "wrong label", "old": [1, 0], "new": [0, 0], "by": "ann",
    }  # fmt: skip
    assert entry["changes"][2]["new"] is None
    assert any("1 mark of test images" in note for note in notes)


def test_classes_become_what_is_stated_or_their_image_goes(tmp_path: Path) -> None:
    found, notes = amended(tmp_path, "0.png,wrong label,,edema,", "1.png,wrong label,,,", "2.png,wrong label,,mass,",
                           task="multiclass")  # fmt: skip
    assert labels(found) == {"0.png": [0, 1], "2.png": [1, 0], "3.png": [0, 1]}
    assert "1 mark changed nothing: the label was that already" in notes
    assert found.provenance["images_left_out"] == {"marked as of no known class": 1}
    write_datalist(found, tmp_path / "list.json")  # which refuses exclusive classes that are ignored
    assert labels(read_datalist(tmp_path / "list.json")) == labels(found)


def test_two_marks_of_two_labels_of_one_image_add_up(tmp_path: Path) -> None:
    found, _ = amended(tmp_path, "0.png,wrong label,mass,,", "0.png,unsure,edema,,", "0.png,unsure,edema,,")
    assert labels(found)["0.png"] == [0, -1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("00.png,unsure,,,", r"line 2: no image '00\.png' in the list; did you mean '0\.png'"),
        (
            "0.png,wrong,,,",
            "mark 'wrong' is none of wrong label, unsure, bad image, leave out; did you mean 'wrong label'",
        ),
        ("0.png,unsure,mas,,", "no label 'mas' in the list; did you mean 'mass'"),
        ("0.png,wrong label,,,", "say under `label` which of mass, edema is wrong"),
        ("0.png,wrong label,mass,2,", "value '2' of mass; write 1 or 0"),
        (",unsure,,,", "names no image"),
        ("0.png,unsure,mass,,\n0.png,wrong label,mass,,", "line 3: contradicts .*line 2 on 0.png"),
        ("0.png,unsure,,,\n0.png,wrong label,mass,,", "line 3: contradicts .*line 2 on 0.png"),  # unsure: all labels
        ("0.png,wrong label,mass,,\n0.png,unsure,,,", "line 3: contradicts .*line 2 on 0.png"),
        ("\n".join(f"{at}.png,leave out,,," for at in range(4)), "leave no image"),
    ],
)
def test_wrong_marks_are_named(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        amended(tmp_path, row)


@pytest.mark.parametrize("second", ["0.png,wrong label,,mass,", "0.png,unsure,,,"])
def test_two_classes_of_one_image_contradict_each_other(tmp_path: Path, second: str) -> None:
    with pytest.raises(ValueError, match=r"line 3: contradicts .*line 2 on 0\.png"):
        amended(tmp_path, "0.png,wrong label,mass,edema,", second, task="multiclass")


def test_a_misspelt_column_is_refused_and_others_are_passed_over(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown column 'valeu'; did you mean 'value'"):
        read_marks(marks(tmp_path, "0.png,wrong label,mass,1", header="image,mark,label,valeu"))
    [mark] = read_marks(marks(tmp_path, "0.png,unsure,not mass,0.1", header="image,mark,given,score"))
    assert mark.image == "0.png"


def test_an_unknown_class_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="value 'edma' is no class of the list; did you mean 'edema'"):
        amended(tmp_path, "0.png,wrong label,,edma,", task="multiclass")


def test_a_table_without_marks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lacks the column 'mark'"):
        read_marks(marks(tmp_path, "0.png", header="image"))
    with pytest.raises(ValueError, match="holds no marks"):
        read_marks(marks(tmp_path))


def test_the_command_keeps_what_was_amended_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = (tmp_path / name for name in ("a.json", "b.json", "c.json"))
    write_datalist(make(), first)
    for source, target, row in ((first, second, "0.png,wrong label,mass,,"), (second, third, "1.png,leave out,,,")):
        assert main(["datalist", "amend", str(source), str(marks(tmp_path, row)), "--output", str(target)]) == 0
    found = read_datalist(third)
    assert len(found.provenance["amended"]) == 2 and labels(found)["0.png"] == [0, 0]
    assert json.loads(third.read_text())["provenance"]["sha256"] == datalist_checksum(found)
    assert "note: 1 leave out" in capsys.readouterr().err


def test_the_list_that_is_corrected_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = tmp_path / "a.json"
    write_datalist(make(), first)
    before = first.read_bytes()
    marked = str(marks(tmp_path, "0.png,wrong label,mass,,"))
    assert main(["datalist", "amend", str(first), marked, "--output", str(tmp_path / "." / "a.json")]) == 2
    assert "is the list to be corrected" in capsys.readouterr().err and first.read_bytes() == before


def test_boxes_of_a_finding_go_with_it_and_an_empty_split_is_said(tmp_path: Path) -> None:
    source = make()
    name = source.splits["training"][0]["image"]
    box = {"x": 0.1, "y": 0.1, "width": 0.2, "height": 0.2}
    source.splits["training"][0] |= {"label": [1, 1], "boxes": [{"label": "mass", **box}, {"label": "nodule", **box}]}
    rows = [f"{name},wrong label,mass,0,", *(f"{item['image']},bad image,,," for item in source.splits["test"])]
    table = marks(tmp_path, *rows)
    found, notes = amend(source, read_marks(table), marks_file=table)
    (item,) = (item for item in found.splits["training"] if item["image"] == name)
    assert [one["label"] for one in item["boxes"]] == ["nodule"]
    assert "1 box removed: of findings that are not present any more" in notes
    assert "WARNING: test has no images any more" in notes


def test_bad_and_to_be_left_out_say_the_same(tmp_path: Path) -> None:
    table = marks(tmp_path, "0.png,bad image,,,", "0.png,leave out,,,")
    found, _ = amend(make(), read_marks(table), marks_file=table)
    assert "0.png" not in labels(found)
