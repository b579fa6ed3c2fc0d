"""The command writes a page with all that is known of a run, and says what is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from radiobundle.cli import main
from radiobundle.evaluation.predictions.csv import read_predictions
from radiobundle.viewing.options import ViewOptions
from viewing_cases import COUNT, inflated, make_run, read_script, unpacked, write_list

NASTY = ["<img src=x onerror=alert(1)>.png", "a'b\"c&d.png", "line\nbreak.png", "\u2028sep.png", "ü/é 雪.png"]


def view(*runs: object, output: Path, options: tuple[str, ...] = ()) -> int:
    return main(["view", *map(str, runs), "--output", str(output), *options])


def scripts(page: Path) -> dict[str, Any]:
    return dict(read_script(path) for path in (page / "data").glob("*.js"))


def test_everything_of_a_trained_run_is_on_its_page(
    trained_run: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page"
    assert view(trained_run["output_dir"], output=page, options=("--heat-maps", "gradcam", "--device", "cpu")) == 0
    printed = capsys.readouterr()
    assert f"{page}/index.html: 40 images, " in printed.out and "kB an image" in printed.out
    assert "note: " not in printed.err
    found = scripts(page)
    assert sorted(found) == ["columns", "embedding", "manifest", "nearest"]
    manifest, columns = found["manifest"], found["columns"]
    table = read_predictions(Path(trained_run["output_dir"]) / "predictions.csv")
    assert manifest["rows"] == manifest["rows_total"] == 40 and manifest["labels"] == list(table.labels)
    assert manifest["has"] == {
        "pixels": True, "boxes": False, "heat": True, "nearest": True, "embedding": True, "sheets": True,
    }  # fmt: skip
    assert manifest["heat_method"] == "Grad-CAM" and manifest["sampling"] == "" and manifest["notes"] == []
    assert [column["key"] for column in manifest["columns"]] == ["split", "ood_score"]
    assert columns["name"] == table.images.tolist() and columns["patient"] == [None] * 40
    np.testing.assert_array_equal(unpacked(columns["truth"]).reshape(-1, 3), table.truth)
    probability = unpacked(columns["probability"][0]).reshape(-1, 3)
    np.testing.assert_array_equal(probability, table.probabilities.astype(np.float32))
    references = columns["references"]
    assert len(references["name"]) == manifest["references"] == len(unpacked(references["truth"])) / 3
    assert {int(name.split(".")[0]) for name in references["name"]} <= set(range(40, 100))  # of the training split
    assert manifest["sheet"]["count"] == len(list((page / "data/sheets").iterdir())) == 2
    assert len(list((page / "data/pixels/000").iterdir())) == len(list((page / "data/heat/000").iterdir())) == 40
    weights = json.loads((Path(trained_run["output_dir"]) / "metrics.json").read_text())["weights_sha256"]
    assert manifest["runs"][0]["weights"] == weights and manifest["list_sha256"]


def test_names_of_any_kind_come_through(tmp_path: Path) -> None:
    run = make_run(tmp_path, names=NASTY)
    assert view(run, output=tmp_path / "page") == 0
    found = scripts(tmp_path / "page")
    assert found["columns"]["name"] == NASTY and found["manifest"]["sheet"]["missing"] == []
    assert not found["manifest"]["has"]["embedding"]
    assert any("has no weights" in note for note in found["manifest"]["notes"])


def test_boxes_and_soft_labels_are_those_of_the_list(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    content = json.loads((tmp_path / "list.json").read_text())
    content["test"][2]["boxes"] = [{"label": "nodule", "x": 0, "y": 0.5, "width": 1, "height": 0.25}]
    content["test"][3]["label"] = [0.75, 1]
    (tmp_path / "list.json").write_text(json.dumps(content))
    assert view(run, output=tmp_path / "page", options=("--force",)) == 0
    found = scripts(tmp_path / "page")
    assert found["boxes"] == {"2": [{"label": 1, "x": 0.0, "y": 0.5, "width": 1.0, "height": 0.25}]}
    assert unpacked(found["columns"]["truth"])[6] == 0.75
    assert found["manifest"]["notes"][0].startswith("list.json has changed since the run (labels here are those of")


def test_a_changed_list_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path)
    content = json.loads((tmp_path / "list.json").read_text())
    write_list(tmp_path / "list.json", content["test"][1:])
    assert view(run, output=tmp_path / "page") == 2
    said = capsys.readouterr().err
    assert "has changed since the run: 1 predicted image is not in it; name the list" in said and "--force" in said
    assert not (tmp_path / "page").exists()


def test_two_runs_are_side_by_side(tmp_path: Path) -> None:
    one = make_run(tmp_path)
    two = make_run(tmp_path, name="two", seed=1, images=False)
    assert view(one, two, output=tmp_path / "page") == 0
    found = scripts(tmp_path / "page")
    assert found["manifest"]["title"] == "run and two" and len(found["columns"]["probability"]) == 2
    first, second = (unpacked(values) for values in found["columns"]["probability"])
    assert len(first) == len(second) == 2 * COUNT and (first != second).any()


def test_without_images_the_grid_stays_and_the_loss_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path)
    shutil.rmtree(tmp_path / "images")
    assert view(run, output=tmp_path / "page") == 0
    found = scripts(tmp_path / "page")["manifest"]
    assert found["rows"] == COUNT and found["sheet"]["missing"] == list(range(COUNT))
    assert not found["has"]["pixels"] and not found["has"]["sheets"]
    said = capsys.readouterr().err
    assert f"the images are not in {tmp_path / 'images'} any more; name their folder by --dataset-dir" in said
    assert "12 images cannot be shown" in said and not (tmp_path / "page/data/pixels").exists()


def test_gone_images_of_a_trained_run_come_from_its_store(trained_run: dict[str, str], tmp_path: Path) -> None:
    images = Path(trained_run["dataset_dir"])
    content = json.loads(Path(trained_run["datalist"]).read_text())
    content["test"][0]["boxes"] = [{"x": 0, "y": 0, "width": 1, "height": 1}]
    (tmp_path / "boxed.json").write_text(json.dumps(content))
    options = ("--heat-maps", "gradcam", "--datalist", str(tmp_path / "boxed.json"), "--force")
    away = images.rename(images.with_name("away"))
    try:
        assert view(trained_run["output_dir"], output=tmp_path / "page", options=options) == 0
    finally:
        away.rename(images)
    manifest = scripts(tmp_path / "page")["manifest"]
    assert all(manifest["has"][key] for key in ("pixels", "nearest", "embedding", "heat"))
    assert "40 images are as the network sees them, because their files are gone or damaged" in manifest["notes"]
    assert any(note.startswith("boxes may not fit images whose files are gone") for note in manifest["notes"])
    _, first = read_script(tmp_path / "page/data/pixels/000/000000.js")
    assert first["source"] == "store" and inflated(first).shape == (24, 24)


def test_a_sample_says_its_rule_and_suspicious_labels_are_a_column(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    errors = {"image": ["3.png"], "given": ["mass"], "suggested": ["not mass"], "score": [0.1], "is_suspect": [True]}
    pd.DataFrame(errors).to_csv(tmp_path / "label_errors.csv", index=False)
    full = ("--label-errors", str(tmp_path / "label_errors.csv"))
    assert view(run, output=tmp_path / "page", options=full) == 0
    found = scripts(tmp_path / "page")
    keys = [column["key"] for column in found["manifest"]["columns"]]
    assert keys == ["split", "sex", "age", "label_score", "suspicion"]
    assert unpacked(found["columns"]["values"]["suspicion"]).tolist() == [-1, -1, -1, 0, *[-1] * 8]
    assert view(run, output=tmp_path / "page", options=("--images", "6", "--seed", "1", "--thumbnails-only")) == 0
    found = scripts(tmp_path / "page")
    assert found["manifest"]["rows"] == 6 and found["manifest"]["rows_total"] == COUNT
    assert "a random sample of" in found["manifest"]["sampling"]
    assert found["manifest"]["columns"][-1] == {
        "key": "sampled", "title": "sampled as", "kind": "category",
        "values": found["manifest"]["columns"][-1]["values"],
    }  # fmt: skip
    assert not (tmp_path / "page/data/pixels").exists() and not found["manifest"]["has"]["pixels"]


def test_the_page_keeps_its_id_only_for_the_same_predictions_and_list(tmp_path: Path) -> None:
    ids = []
    for seed in (0, 0, 1):
        run = make_run(tmp_path / "a", seed=seed)
        assert view(run, output=tmp_path / "page") == 0
        ids.append(scripts(tmp_path / "page")["manifest"]["id"])
    assert ids[0] == ids[1] != ids[2]


def test_wrong_options_are_refused_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options, said in {
        ("--images", "0"): "--images 0: must be at least 1",
        ("--largest-side-px", "0"): "--largest-side-px 0: must be at least 1",
        ("--training-images", "-1"): "--training-images -1: must be at least 0",
        ("--heat-maps", "gradcan"): "did you mean 'gradcam'",
    }.items():
        assert view(tmp_path / "none", output=tmp_path / "page", options=options) == 2
        assert said in capsys.readouterr().err
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("")
    assert view(tmp_path / "none", output=tmp_path / "mine") == 2
    assert "--output" in (printed := capsys.readouterr().err) and "name another folder" in printed
    assert ViewOptions().images == 10_000


def test_an_evaluation_of_other_weights_is_refused(
    trained_run: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(shutil.copytree(trained_run["output_dir"], tmp_path / "run"))
    metrics = json.loads((run / "metrics.json").read_text())
    results = json.loads((run / "results.json").read_text())
    (run / "metrics.json").write_text(json.dumps({**metrics, "weights_sha256": "0" * 64}))
    results["files"].pop("metrics.json")
    (run / "results.json").write_text(json.dumps(results))
    assert view(run, output=tmp_path / "page") == 2
    assert "belongs to other weights" in capsys.readouterr().err
