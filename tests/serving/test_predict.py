"""Predicting anybody's images with a trained run."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import monai
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from bundle_runs import PNEUMONIA, TINY, make_blob_list, run_bundle
from radiobundle.cli import main
from radiobundle.models.trained import load_model
from radiobundle.serving import predict as module


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


def check_features(run: dict[str, str], path: Path, names: list[str]) -> None:
    model = load_model(run["output_dir"], precision="fp32")
    pixels = np.stack([model.reader(Path(run["dataset_dir"]) / name) for name in names])
    with np.load(path) as file:
        assert file["images"].tolist() == names
        np.testing.assert_allclose(file["features"], model.features(pixels), atol=1e-5)


def test_predictions_are_those_of_the_evaluation(run: dict[str, str], tmp_path: Path) -> None:
    assert predict(run, run["dataset_dir"], output=tmp_path / "out", options=("--batch-size", "7")) == 0
    found = pd.read_csv(tmp_path / "out/predictions.csv").set_index("image")
    expected = pd.read_csv(Path(run["output_dir"]) / "predictions.csv").set_index("image")
    columns = [column for column in expected if column.startswith("prob:")]
    assert len(found) == 30
    np.testing.assert_allclose(found.loc[expected.index, columns], expected[columns], atol=1e-5)
    assert (found["predicted"] == found[columns].idxmax(axis=1).str.removeprefix("prob:")).all()
    calibrated = load_model(run["output_dir"]).calibration
    assert calibrated is not None
    raw = found[columns].to_numpy()
    np.testing.assert_allclose(
        found[[column.replace("prob", "calibrated") for column in columns]],
        calibrated.apply(raw, method=calibrated.recommended),
        atol=1e-9,
    )


def test_bad_images_are_listed_and_stop_nothing(run: dict[str, str], tmp_path: Path) -> None:
    images = Path(shutil.copytree(run["dataset_dir"], tmp_path / "images"))
    (images / "3.png").write_bytes(b"")
    (images / "9.png").write_bytes(b"no figure")
    assert predict(run, images, output=tmp_path / "out") == 1
    assert len(pd.read_csv(tmp_path / "out/predictions.csv")) == 28
    failed = pd.read_csv(tmp_path / "out/failed.csv").set_index("image")["reason"]
    assert "empty" in failed["3.png"] and "not a readable image" in failed["9.png"]


@pytest.mark.parametrize("features", [(), ("--features",)])
def test_interrupted_prediction_goes_on(
    run: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    features: tuple[str, ...],
) -> None:
    tabulate, seen, resumed = module.tabulate, [], []

    def interrupted(model: Any, names: Any, answer: Any) -> pd.DataFrame:
        seen.extend(names)
        if len(seen) == 20 and not resumed:
            raise KeyboardInterrupt
        return tabulate(model, names, answer)

    monkeypatch.setattr(module, "tabulate", interrupted)
    options = ("--batch-size", "10", *features)
    assert predict(run, run["dataset_dir"], output=tmp_path / "out", options=options) == 130
    assert "interrupted; give the same command to continue" in capsys.readouterr().err
    assert not (tmp_path / "out/predictions.csv").exists()
    partial = tmp_path / "out/predictions.partial.csv"
    partial.write_text(partial.read_text() + "half a li")  # as a power cut leaves it
    seen.clear()
    resumed.append(True)
    assert predict(run, run["dataset_dir"], output=tmp_path / "out", options=("--batch-size", "9", *features)) == 0
    assert len(seen) == 20
    names = pd.read_csv(tmp_path / "out/predictions.csv")["image"]
    assert sorted(names) == sorted(f"{n}.png" for n in range(30))
    assert not list((tmp_path / "out").glob("*partial*"))
    if features:
        check_features(run, tmp_path / "out/features.npz", names.tolist())
    assert predict(run, run["dataset_dir"], output=tmp_path / "out") == 2
    assert "give --overwrite" in capsys.readouterr().err


def test_unfinished_results_of_another_model_are_not_continued(run: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "predict.json").write_text('{"weights_sha256": "other"}')
    assert predict(run, run["dataset_dir"], output=tmp_path) == 2
    assert predict(run, run["dataset_dir"], output=tmp_path, options=("--overwrite",)) == 0


def _other_images(images: Path) -> None:
    for path in images.iterdir():
        path.rename(path.with_name(f"new{path.name}"))


def _other_pixels(images: Path) -> None:
    os.utime(images / "1.png", (0, 0))  # as a copy that keeps the time of its original


def _more_images(images: Path) -> None:
    shutil.copy(images / "1.png", images / "more.png")


@pytest.mark.parametrize(
    "case",
    [
        (_other_images, "of 20 images that are not among the inputs any more, such as"),
        (_other_pixels, "of 1 image that have changed since, such as 1.png"),
        (_more_images, ""),
    ],
)
def test_unfinished_results_of_other_images_are_not_continued(
    run: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    case: tuple[Callable[[Path], None], str],
) -> None:
    change, said = case
    images = Path(shutil.copytree(run["dataset_dir"], tmp_path / "images"))
    added: list[int] = []

    def interrupted(results: Any, rows: pd.DataFrame) -> None:
        if len(added) == 2:
            raise KeyboardInterrupt
        added.append(len(rows))
        original(results, rows)

    original = module.Results.add
    with monkeypatch.context() as patch:
        patch.setattr(module.Results, "add", interrupted)
        assert predict(run, images, output=tmp_path / "out", options=("--batch-size", "10")) == 130
    assert predict(run, tmp_path, output=tmp_path / "out") == 2
    assert "other images" in capsys.readouterr().err
    change(images)
    assert predict(run, images, output=tmp_path / "out") == (2 if said else 0)
    assert said in capsys.readouterr().err
    if said:
        assert predict(run, images, output=tmp_path / "out", options=("--overwrite",)) == 0
    assert len(pd.read_csv(tmp_path / "out" / "predictions.csv")) == len(list(images.iterdir()))


def test_unfinished_results_without_heat_maps_are_not_continued_with_them(
    run: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module.Results, "finish", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        assert predict(run, run["dataset_dir"], output=tmp_path) == 130
    assert predict(run, run["dataset_dir"], output=tmp_path, options=("--explain",)) == 2
    assert "or other options" in capsys.readouterr().err


def test_closing_line_counts_images_of_the_whole_table(tmp_path: Path) -> None:
    scores, burnt = [0.5, 0.995, 1.0], ["YES", "NO", ""]
    table = pd.DataFrame({"image": ["a", "b", "c"], "ood_score": scores, "burned_in_annotation": burnt})
    table.to_csv(tmp_path / "predictions.csv", index=False)
    remarks = module._remarks(tmp_path / "predictions.csv")
    unusual = "2 images are more unusual than 99 % of the validation images"
    assert remarks == f"; {unusual}; 1 with burned-in annotations"
    assert module._remarks(tmp_path / "none.csv") == ""


def test_heat_map_of_each_image_is_drawn(run: dict[str, str], tmp_path: Path) -> None:
    images = [Path(run["dataset_dir"]) / f"{number}.png" for number in (0, 1)]
    assert predict(run, *images, output=tmp_path / "out", options=("--explain",)) == 0
    assert len(list((tmp_path / "out/heat").glob("*.png"))) == 2


def test_bundle_with_its_weights_predicts_too(run: dict[str, str], tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(PNEUMONIA, tmp_path / "bundle"))
    run_bundle("train", **{**run, "output_dir": str(tmp_path / "full")}, max_epochs=1, image_size_px=[128, 128])
    shutil.copytree(tmp_path / "full/models", bundle / "models")
    image = f"{run['dataset_dir']}/0.png"
    assert main(["predict", str(bundle), image, "--output", str(tmp_path / "out")]) == 0
    assert pd.read_csv(tmp_path / "out/predictions.csv")["image"].tolist() == [image]


def test_folder_is_searched_through_links_and_what_is_no_image_is_counted(
    run: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    (folder / "inner").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    image = Path(run["dataset_dir"]) / "0.png"
    for place in (folder / "nosuffix", folder / "inner/odd.txt", tmp_path / "outside/x.png"):
        shutil.copy(image, place)
    (folder / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "outside/loop").symlink_to(folder)
    (folder / "notes.txt").write_text("hello")
    (folder / "._a.png").write_bytes(b"\0\x05\x16\x07")
    assert predict(run, folder, output=tmp_path / "out", options=("--verbose",)) == 0
    said = capsys.readouterr().out
    assert "2 files are not images; 1 linked folder was searched already" in said
    assert f"not an image: {folder}/notes.txt" in said
    found = pd.read_csv(tmp_path / "out/predictions.csv")["image"].tolist()
    assert found == ["nosuffix", "inner/odd.txt", "link/x.png"]


def test_names_of_any_bytes_are_predicted_and_escaped(run: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    image = Path(run["dataset_dir"]) / "0.png"
    names = [
        b"caf\xe9.png",
        b"caf\\xe9.png",
        b"new\nline.png",
        ("\N{LATIN SMALL LETTER U WITH DIAERESIS}" * 120).encode(),
    ]
    for name in names:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(image.read_bytes())
    assert predict(run, folder, output=tmp_path / "out", options=("--explain",)) == 0
    found = set(pd.read_csv(tmp_path / "out/predictions.csv")["image"])
    assert {r"caf\xe9.png", r"caf\\xe9.png", r"new\x0aline.png"} < found and len(found) == 4
    assert len(list((tmp_path / "out/heat").iterdir())) == 4


def test_bad_rows_of_a_list_fail_by_themselves(run: dict[str, str], tmp_path: Path) -> None:
    image = Path(run["dataset_dir"]) / "0.png"
    rows = [
        f"1,{image}",
        "2",
        "3,",
        "4," + "\u00e9" * 200 + ".png",
        "5," + "x" * 200_000,
        f"6,{image},more",
        "7,gone.png",
    ]
    (tmp_path / "list.csv").write_text("\n".join(["note,image", *rows]), encoding="utf-8")
    assert predict(run, tmp_path / "list.csv", output=tmp_path / "out") == 1
    assert len(pd.read_csv(tmp_path / "out/predictions.csv")) == 1
    failed = pd.read_csv(tmp_path / "out/failed.csv")
    assert failed["type"].tolist() == ["row of a list"] * 2 + ["reading"] * 2 + ["row of a list", "reading"]
    expected = "no name in the column|File name too long|3 fields under 2 column names|no such file"
    assert failed["reason"].str.contains(expected).all()
    assert failed["reason"].str.len().max() < 600 and failed["image"].str.len().max() < 500


@pytest.mark.parametrize("part", ["write_heat_figure", "tabulate is fine"])
def test_heat_map_that_fails_is_listed_and_the_run_goes_on(
    part: str, run: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Path:
        raise RuntimeError("no canvas <Figure object at 0x7f00aa>")

    if part == "write_heat_figure":
        monkeypatch.setattr(module, "write_heat_figure", fail)
    code = predict(run, f"{run['dataset_dir']}/0.png", output=tmp_path / "out", options=("--explain",))
    assert len(pd.read_csv(tmp_path / "out/predictions.csv")) == 1
    assert code == int(part == "write_heat_figure")
    if code:
        failed = pd.read_csv(tmp_path / "out/failed.csv").iloc[0]
        assert failed["type"] == "heat map" and "RuntimeError" in failed["reason"] and "0x" not in failed["reason"]


def test_unusual_images_are_answered_with_a_remark_and_one_grey_level_is_refused(
    run: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (64, 60)).astype(np.uint8)
    nearly = np.full((64, 60), 7, np.uint8)
    nearly[0, 0] = 9
    images = {
        "a usual": grey, "b binary": (grey > 99).astype(np.uint8) * 255, "c nearly constant": nearly,
        "d tiny": grey[:20, :20], "e very long": np.tile(grey, (10, 1))[:, :40],
        "f constant": np.full((64, 60), 7, np.uint8),
    }  # fmt: skip
    (tmp_path / "in").mkdir()
    for name, pixels in images.items():
        Image.fromarray(pixels).save(tmp_path / "in" / name, "PNG")
    assert predict(run, tmp_path / "in", output=tmp_path / "out") == 1
    remarks = pd.read_csv(tmp_path / "out/predictions.csv").set_index("image")["remarks"]
    assert pd.isna(remarks["a usual"])
    assert all(name.split(" ", 1)[1] in remarks[name] for name in list(images)[1:5])
    assert "only one grey level" in pd.read_csv(tmp_path / "out/failed.csv")["reason"][0]
    assert "4 with remarks" in capsys.readouterr().out


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
