from __future__ import annotations

import json
from pathlib import Path

import pytest

from radiobundle.datalists.datalist_file import Datalist, datalist_checksum, read_datalist, write_datalist


def content() -> dict:
    return {
        "labels": ["a", "b"],
        "task": "multiclass",
        "training": [{"image": "x/1.png", "label": [1, 0], "patient_id": "p"}],
        "validation": [],
        "test": [{"image": "x/2.png", "label": [0, 1]}],
        "provenance": {},
    }


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    made = content()
    datalist = Datalist(("a", "b"), "multiclass", {k: made[k] for k in ("training", "validation", "test")}, {"seed": 1})
    write_datalist(datalist, tmp_path / "d.json")
    back = read_datalist(tmp_path / "d.json")
    assert back.splits == datalist.splits
    assert back.provenance == {"seed": 1, "sha256": datalist_checksum(datalist)}
    assert [path.name for path in tmp_path.iterdir()] == ["d.json"]


def test_checksum_ignores_provenance_but_not_labels() -> None:
    items = {"training": content()["training"]}
    one = Datalist(("a", "b"), "multiclass", items, {"x": 1})
    assert datalist_checksum(one) == datalist_checksum(Datalist(("a", "b"), "multiclass", items))
    assert datalist_checksum(one) != datalist_checksum(Datalist(("b", "a"), "multiclass", items))


@pytest.mark.parametrize("image", ["/etc/passwd", "../x.png", "a/../../x.png", "C:/x.png", "a\\x.png", "..", ""])
def test_path_that_leaves_the_dataset_folder_is_refused(tmp_path: Path, image: str) -> None:
    broken = content()
    broken["test"][0]["image"] = image
    (tmp_path / "d.json").write_text(json.dumps(broken))
    with pytest.raises(ValueError, match=r"d\.json: test\[0\]"):
        read_datalist(tmp_path / "d.json")


def test_name_with_dots_is_no_climb(tmp_path: Path) -> None:
    fine = content()
    fine["test"][0]["image"] = "a..b/..c/x...png"
    (tmp_path / "d.json").write_text(json.dumps(fine))
    assert read_datalist(tmp_path / "d.json").splits["test"][0]["image"] == "a..b/..c/x...png"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": []}, "'labels' must be a list of names"),
        ({"labels": ["a", "a"]}, "names a label twice"),
        ({"task": "regression"}, "'task' is 'regression'"),
        ({"training": {}}, "'training' must be a list"),
        ({"training": [], "test": []}, "no items"),
        ({"test": [{"image": "x/1.png", "label": [0, 1]}]}, r"'x/1.png' is also in training"),
        ({"test": [{"image": "x/2.png", "label": [0]}]}, r"test\[0\] \(x/2.png\): 'label' must be a list of 2"),
        ({"test": [{"image": "x/2.png", "label": [0, 2]}]}, "values other than 1, 0 and -1"),
        ({"test": [{"image": "x/2.png", "label": [0, True]}]}, "values other than 1, 0 and -1"),
        ({"test": [{"image": "x/2.png", "label": [1, 1]}]}, "exactly one 1"),
        ({"test": [{"label": [1, 0]}]}, "'image' must be a path"),
        (
            {"test_external": [{"image": "x/3.png", "label": [1, 0]}]},
            "'test_external' holds 1 items but is not a split",
        ),
        ({"fold1": [{}, 7]}, "'fold1' holds 2 items"),
        ({"tests": [{"image": "x/3.png", "label": [1, 0]}]}, "'tests' holds 1 items .*; did you mean 'test'"),
        ({"train": []}, "'training' and 'train' both name the split training"),
        ({"testing": ["x/3.png"], "test": []}, "'test' and 'testing' both name the split test"),
        ({"test": [{"image": "x/2.png", "label": [0, 1], "patient_id": ["p"]}]}, r"test\[0\] .*'patient_id' must be"),
        ({"test": [{"image": "x/2.png", "label": [0, 1], "study_id": {"a": 1}}]}, r"test\[0\] .*'study_id' must be"),
        ({"provenance": [1]}, "'provenance' must be an object"),
    ],
)
def test_broken_datalist_names_the_entry(tmp_path: Path, change: dict, message: str) -> None:
    (tmp_path / "d.json").write_text(json.dumps({**content(), **change}))
    with pytest.raises(ValueError, match=message):
        read_datalist(tmp_path / "d.json")


def test_every_split_is_read_whatever_it_is_abbreviated_to(tmp_path: Path) -> None:
    plain = content()
    plain["validation"] = [{"image": "x/3.png", "label": [0, 1]}]
    words = {"training": "Train", "validation": "val", "test": "testing"}
    (tmp_path / "d.json").write_text(json.dumps({words.get(key, key): value for key, value in plain.items()}))
    assert read_datalist(tmp_path / "d.json").splits == {split: plain[split] for split in words}


@pytest.mark.parametrize("text", ["[" * 100_000, '{"labels": ["a"], "test": [], "test": []}'])
def test_json_that_cannot_be_taken_whole_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "d.json").write_text(text)
    with pytest.raises(ValueError, match=r"d\.json: not valid JSON \((maximum recursion|the key 'test' appears twice)"):
        read_datalist(tmp_path / "d.json")


def test_missing_or_malformed_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"d\.json: no such datalist; make one with"):
        read_datalist(tmp_path / "d.json")
    (tmp_path / "d.json").write_text("{")
    with pytest.raises(ValueError, match=r"d\.json: not valid JSON"):
        read_datalist(tmp_path / "d.json")


def test_missing_output_folder_is_made_and_a_file_in_its_place_is_named(tmp_path: Path) -> None:
    datalist = Datalist(("a", "b"), "multiclass", {"training": content()["training"]})
    write_datalist(datalist, tmp_path / "new" / "d.json")
    assert read_datalist(tmp_path / "new" / "d.json").splits["training"] == content()["training"]
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"file: is not a folder.*name another output folder"):
        write_datalist(datalist, tmp_path / "file" / "d.json")
