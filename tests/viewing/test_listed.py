"""The list behind a run is found, and one that has changed is told by its checksum."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from radiobundle.viewing.listed import find_source
from radiobundle.viewing.runs import ViewedRun, open_runs
from viewing_cases import LABELS, make_run


def open_run(run: Path) -> ViewedRun:
    return open_runs([run])[0]


def rewrite(path: Path, change: Any) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_list_and_images_are_those_of_the_run(tmp_path: Path) -> None:
    source = find_source(open_run(make_run(tmp_path)))
    assert source.listed and source.notes == () and len(source.listed.items) == 12
    assert Path(source.listed.items["3.png"]["image"]).is_file() and source.listed.path == tmp_path / "list.json"


def test_a_list_that_changed_is_refused_and_the_differences_told(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path))

    def change(content: dict[str, Any]) -> None:
        test = content["test"]
        test[0]["label"] = [1 - test[0]["label"][0], -1]
        test[1]["image"] = "new.png"

    rewrite(tmp_path / "list.json", change)
    said = "2 labels differ, 1 predicted image is not in it, 1 image of these splits was not predicted"
    with pytest.raises(ValueError, match=f"has changed since the run: {said}; .*`force`"):
        find_source(run)
    source = find_source(run, force=True)
    assert len(source.notes) == 1 and said in source.notes[0] and source.listed is not None
    assert source.listed.items["0.png"]["label"][1] == -1


def test_a_list_that_only_looks_otherwise_is_refused_too(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path))
    rewrite(tmp_path / "list.json", lambda content: content.update(provenance={"note": "x"}))
    with pytest.raises(ValueError, match="its labels of the predicted images are the same"):
        find_source(run)


def test_predictions_of_any_tool_take_a_list_that_agrees(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    shutil.copy(run / "predictions.csv", tmp_path / "other.csv")
    alone = open_run(tmp_path / "other.csv")
    bare = find_source(alone)
    assert bare.listed is None and any("`datalist`" in note for note in bare.notes)
    assert any("`dataset_dir`" in note for note in bare.notes)
    given = {"datalist": str(tmp_path / "list.json"), "dataset_dir": [str(tmp_path / "images")]}
    assert find_source(alone, **given).notes == ()
    rewrite(tmp_path / "list.json", lambda content: content["test"][0].update(label=[1, 1]))
    with pytest.raises(ValueError, match="is not the one of these predictions: 1 label differs"):
        find_source(alone, **given)


def test_what_is_gone_is_said(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path))
    shutil.rmtree(tmp_path / "images")
    (tmp_path / "list.json").unlink()
    source = find_source(run)
    assert source.listed is None
    assert ["images are not in" in source.notes[0], "datalist is not" in source.notes[1]] == [True, True]
    with pytest.raises(ValueError, match="no such datalist"):
        find_source(run, datalist=str(tmp_path / "other.json"))


def test_labels_of_the_list_become_those_of_the_network(tmp_path: Path) -> None:
    run = make_run(tmp_path, labels=("finding", "other"))

    def rename(content: dict[str, Any]) -> None:
        content["labels"] = list(LABELS)

    rewrite(tmp_path / "list.json", rename)
    rewrite(
        run / "run.json", lambda content: content["config"].update(label_map={"mass": "finding", "nodule": "other"})
    )
    source = find_source(open_run(run), force=True)
    assert source.listed is not None and source.listed.items["1.png"]["label"] == [1, 0]
