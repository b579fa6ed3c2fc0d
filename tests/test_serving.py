"""Predicting anybody's films with a trained run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import monai
import numpy as np
import pandas as pd
import pytest

from bundle_runs import PNEUMONIA, TINY, make_blob_list, run_bundle
from radiobundle.bundles.trained import load_model
from radiobundle.cli import main
from radiobundle.images.films import find_films
from radiobundle.serving import predict as module
from radiobundle.serving.table import is_unusual


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A tiny network, trained and evaluated."""
    paths = make_blob_list(tmp_path_factory.mktemp("run"))
    run_bundle("train", **TINY, **paths, max_epochs=1)
    run_bundle("train", "evaluate", **TINY, **paths, bootstrap=20, precision="fp32")
    return paths


def predict(run: dict[str, str], *inputs: object, output: Path, options: tuple[str, ...] = ()) -> int:
    command = ["predict", run["output_dir"], *map(str, inputs), "--output", str(output), "--precision", "fp32"]
    return main([*command, *options])


def test_predictions_are_those_of_the_evaluation(run: dict[str, str], tmp_path: Path) -> None:
    assert predict(run, run["dataset_dir"], output=tmp_path / "out", options=("--batch-size", "7")) == 0
    found = pd.read_csv(tmp_path / "out/predictions.csv").set_index("image")
    expected = pd.read_csv(Path(run["output_dir"]) / "predictions.csv").set_index("image")
    columns = [column for column in expected if column.startswith("prob:")]
    assert len(found) == 30
    np.testing.assert_allclose(found.loc[expected.index, columns], expected[columns], atol=1e-5)
    assert (found["call"] == found[columns].idxmax(axis=1).str.removeprefix("prob:")).all()
    calibrated = load_model(run["output_dir"]).calibration
    assert calibrated is not None
    raw = found[columns].to_numpy()
    np.testing.assert_allclose(
        found[[column.replace("prob", "calibrated") for column in columns]],
        calibrated.apply(raw, method=calibrated.recommended),
        atol=1e-9,
    )


def test_bad_films_are_listed_and_stop_nothing(run: dict[str, str], tmp_path: Path) -> None:
    films = Path(shutil.copytree(run["dataset_dir"], tmp_path / "films"))
    (films / "3.png").write_bytes(b"")
    (films / "9.png").write_bytes(b"no picture")
    assert predict(run, films, output=tmp_path / "out") == 1
    assert len(pd.read_csv(tmp_path / "out/predictions.csv")) == 28
    failed = pd.read_csv(tmp_path / "out/failed.csv").set_index("image")["reason"]
    assert "empty" in failed["3.png"] and "not a readable image" in failed["9.png"]


def test_interrupted_prediction_goes_on(
    run: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tabulate, seen, resumed = module.tabulate, [], []

    def interrupted(model: Any, names: Any, answer: Any) -> pd.DataFrame:
        seen.extend(names)
        if len(seen) == 20 and not resumed:
            raise KeyboardInterrupt
        return tabulate(model, names, answer)

    monkeypatch.setattr(module, "tabulate", interrupted)
    options = ("--batch-size", "10")
    assert predict(run, run["dataset_dir"], output=tmp_path / "out", options=options) == 130
    assert not (tmp_path / "out/predictions.csv").exists()
    partial = tmp_path / "out/predictions.partial.csv"
    partial.write_text(partial.read_text() + "half a li")  # as a power cut leaves it
    seen.clear()
    resumed.append(True)
    assert predict(run, run["dataset_dir"], output=tmp_path / "out", options=("--batch-size", "9")) == 0
    assert len(seen) == 20
    assert sorted(pd.read_csv(tmp_path / "out/predictions.csv")["image"]) == sorted(f"{n}.png" for n in range(30))
    assert predict(run, run["dataset_dir"], output=tmp_path / "out") == 2
    assert "give --overwrite" in capsys.readouterr().err


def test_unfinished_results_of_another_model_are_not_continued(run: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "predict.json").write_text('{"weights_sha256": "other"}')
    assert predict(run, run["dataset_dir"], output=tmp_path) == 2
    assert predict(run, run["dataset_dir"], output=tmp_path, options=("--overwrite",)) == 0


def test_unfinished_results_without_heat_maps_are_not_continued_with_them(
    run: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module.Results, "finish", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        assert predict(run, run["dataset_dir"], output=tmp_path) == 130
    assert predict(run, run["dataset_dir"], output=tmp_path, options=("--explain",)) == 2
    assert "or of other options" in capsys.readouterr().err


def test_film_named_like_a_missing_value_is_not_predicted_twice(tmp_path: Path) -> None:
    module.Results(tmp_path, manifest={}).add(pd.DataFrame({"image": ["NA", "a.png"], "prob:a": [0.1, 0.2]}))
    assert module.Results(tmp_path, manifest={}).done == {"NA", "a.png"}


def test_remark_is_made_of_unusual_films_only() -> None:
    assert is_unusual(pd.Series({"ood_score": 0.995})) and not is_unusual(pd.Series({"ood_score": 0.99}))
    assert not is_unusual(pd.Series({"prob:a": 0.5}))


def test_closing_line_counts_films_of_the_whole_table(tmp_path: Path) -> None:
    scores, burnt = [0.5, 0.995, 1.0], ["YES", "NO", ""]
    table = pd.DataFrame({"image": ["a", "b", "c"], "ood_score": scores, "burned_in_annotation": burnt})
    table.to_csv(tmp_path / "predictions.csv", index=False)
    remarks = module._remarks(tmp_path / "predictions.csv")
    assert remarks == "; 2 less usual than 99% of validation; 1 with annotations burnt in"
    assert module._remarks(tmp_path / "none.csv") == ""


def test_heat_map_of_each_film_is_drawn(run: dict[str, str], tmp_path: Path) -> None:
    films = [Path(run["dataset_dir"]) / f"{number}.png" for number in (0, 1)]
    assert predict(run, *films, output=tmp_path / "out", options=("--explain",)) == 0
    assert len(list((tmp_path / "out/heat").glob("*.png"))) == 2


def test_bundle_with_its_weights_predicts_too(run: dict[str, str], tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(PNEUMONIA, tmp_path / "bundle"))
    run_bundle("train", **{**run, "output_dir": str(tmp_path / "full")}, max_epochs=1, image_size_px=[128, 128])
    shutil.copytree(tmp_path / "full/models", bundle / "models")
    film = f"{run['dataset_dir']}/0.png"
    assert main(["predict", str(bundle), film, "--output", str(tmp_path / "out")]) == 0
    assert pd.read_csv(tmp_path / "out/predictions.csv")["image"].tolist() == [film]


def test_inputs_may_be_folders_files_patterns_and_lists(run: dict[str, str], tmp_path: Path) -> None:
    films = Path(run["dataset_dir"])
    (tmp_path / "list.csv").write_text(f"image,note\n{films}/4.png,a\n{films}/2.png,b\n")
    (tmp_path / "tree/b").mkdir(parents=True)
    shutil.copy(films / "0.png", tmp_path / "tree/b/z.png")
    for name in ("IM001", "1.2.840.5", "DICOMDIR", "odd.txt"):
        (tmp_path / "tree" / name).write_bytes(b"\0" * 128 + b"DICM")
    (tmp_path / "tree/notes").write_text("no film")
    tree, table = str(tmp_path / "tree"), str(tmp_path / "list.csv")
    inside = ["1.2.840.5", "IM001", "odd.txt", "b/z.png"]
    assert [name for name, _ in find_films([tree])] == inside
    names = [name for name, _ in find_films([table, tree, f"{films}/1?.png"])]
    assert names[:6] == [f"{films}/4.png", f"{films}/2.png", *(f"{tree}/{name}" for name in inside)]
    assert names[6:] == [f"{films}/1{digit}.png" for digit in range(10)]


def test_films_that_are_named_twice_are_taken_once_and_namesakes_apart(run: dict[str, str], tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(f"{run['dataset_dir']}/0.png", tmp_path / folder / "0.png")
    inputs = [str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "a/0.png")]
    assert [name for name, _ in find_films(inputs)] == [f"{tmp_path}/a/0.png", f"{tmp_path}/b/0.png"]


@pytest.mark.parametrize("name", ["nothing-there", "*.nothing", "empty", "list.csv"])
def test_what_holds_no_film_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.csv").write_text("file\na.png\n")
    with pytest.raises(ValueError, match=r"no images there|column 'image'"):
        list(find_films([str(tmp_path / name)]))


@pytest.mark.parametrize("folder", ["empty", "damaged", "no weights", "other labels"])
def test_what_is_no_model_is_refused(
    folder: str, run: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Path(shutil.copytree(run["output_dir"], tmp_path / "model"))
    if folder == "empty":
        (model / "run.json").unlink()
    elif folder == "damaged":
        (model / "models/model.pt").write_bytes(b"PK")
    elif folder == "other labels":
        manifest = json.loads((model / "run.json").read_text())
        channels = manifest["config"]["_meta_"]["network_data_format"]["outputs"]["pred"]["channel_def"]
        channels["3"] = "fourth"
        (model / "run.json").write_text(json.dumps(manifest))
    else:
        (model / "models/model.pt").unlink()
    assert main(["predict", str(model), run["dataset_dir"], "--output", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert str(model) in message and (folder != "other labels" or "the network has [4" in message)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "tensorrt"])
def test_device_that_is_not_there_is_named(
    device: str, run: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict(run, run["dataset_dir"], output=tmp_path / "out", options=("--device", device)) == 2
    assert f"--device {device}" in capsys.readouterr().err and not (tmp_path / "out").exists()


@pytest.mark.parametrize("made_for", ["1.5.0", monai.__version__])
def test_model_made_for_another_monai_says_so(
    made_for: str, run: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = Path(shutil.copytree(run["output_dir"], tmp_path / "model"))
    manifest = json.loads((model / "run.json").read_text())
    manifest["config"]["_meta_"]["monai_version"] = made_for
    (model / "run.json").write_text(json.dumps(manifest))
    load_model(model)
    assert ("made for MONAI 1.5.0" in caplog.text) == (made_for == "1.5.0")
