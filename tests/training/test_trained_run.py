"""An evaluation on other images, or of images prepared otherwise, than the training's says so and replaces nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bundle_runs import PNEUMONIA, make_blob_list, run_bundle
from radiobundle.cli import main
from radiobundle.files import file_sha256
from radiobundle.training.trained_run import input_changes, seen_in_training

pytestmark = pytest.mark.usefixtures("without_figures")

NETWORK: dict[str, Any] = {
    "network_def": {
        "_target_": "monai.networks.nets.DenseNet",
        "spatial_dims": 2,
        "in_channels": "@input_channels",
        "out_channels": "@num_classes",
        "init_features": 4,
        "growth_rate": 2,
        "block_config": [1],
    },
    "image_size_px": [24, 24],
    "batch_size": 8,
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A tiny network without a fixed input size, trained and evaluated as it was trained."""
    paths = make_blob_list(tmp_path_factory.mktemp("run"))
    run_bundle("train", **NETWORK, **paths, max_epochs=1)
    run_bundle("train", "evaluate", **NETWORK, **paths, bootstrap=20)
    return paths


@pytest.fixture
def run(trained: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A copy of it, to be evaluated again."""
    return {**trained, "output_dir": str(shutil.copytree(trained["output_dir"], tmp_path / "run"))}


def evaluate(run: dict[str, str], **options: Any) -> dict[str, Any]:
    run_bundle("train", "evaluate", **{**NETWORK, **run, "bootstrap": 20, **options})
    metrics: dict[str, Any] = json.loads((Path(run["output_dir"]) / "metrics.json").read_text())
    return metrics


def companions(run: dict[str, str]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (Path(run["output_dir"]) / "models").iterdir()}


def test_nothing_is_said_where_nothing_differs(run: dict[str, str]) -> None:
    metrics = evaluate(run)
    assert "leak" not in metrics and "input_changes" not in metrics
    report = (Path(run["output_dir"]) / "report.md").read_text()
    assert "datalist datalist.json (SHA-256" in report and "), evaluated on" not in report


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"image_size_px": [16, 24]}, "reader#image_size_px#0 was 24, is now 16"),
        (
            {"normalisation": [{"_target_": "radiobundle.transforms.StandardizeBy", "mean": 0.5, "std": 0.2}]},
            "normalis",
        ),
    ],
)
def test_images_prepared_otherwise_are_reported_and_nothing_of_the_model_is_replaced(
    run: dict[str, str], options: dict[str, Any], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = companions(run)
    metrics = evaluate(run, **options)
    assert said in metrics["input_changes"][0] and "not prepared as in training" in metrics["notes"][0]
    assert companions(run) == before
    predictions = Path(run["output_dir"]) / "predictions.csv"
    assert main(["report", str(predictions), "--output", str(tmp_path / "again"), "--bootstrap", "0"]) == 0
    assert json.loads((tmp_path / "again/metrics.json").read_text())["input_changes"] == metrics["input_changes"]
    package = str(tmp_path / "a.zip")
    assert main(["package", str(PNEUMONIA), "--run", run["output_dir"], "--output", package, "--no-export"]) == 2
    assert "were not prepared as in training" in capsys.readouterr().err


def test_test_images_that_were_trained_on_are_counted(run: dict[str, str], tmp_path: Path) -> None:
    content = json.loads(Path(run["datalist"]).read_text())
    turned = {**content, "training": content["test"], "test": content["training"]}
    (tmp_path / "turned.json").write_text(json.dumps(turned))
    metrics = evaluate(run, datalist=str(tmp_path / "turned.json"))
    count = len(content["training"])
    assert metrics["leak"] == [f"trained on {count} of {count} test images (the training split of datalist.json)"]
    assert metrics["notes"][0].startswith("The network may have seen the test images")
    assert "evaluated on turned.json (SHA-256" in (Path(run["output_dir"]) / "report.md").read_text()


def test_images_that_chose_the_epoch_are_counted_too(run: dict[str, str], tmp_path: Path) -> None:
    content = json.loads(Path(run["datalist"]).read_text())
    (tmp_path / "turned.json").write_text(json.dumps({**content, "test": content["validation"][:2], "validation": []}))
    [reason] = evaluate(run, datalist=str(tmp_path / "turned.json"))["leak"]
    assert reason.startswith("chosen by 2 of 2 test images") and "the validation split of datalist.json" in reason


def test_a_training_list_that_is_gone_is_said(
    run: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = json.loads((Path(run["output_dir"]) / "run.json").read_text())
    manifest["datalist"]["path"] = str(tmp_path / "gone.json")
    (Path(run["output_dir"]) / "run.json").write_text(json.dumps(manifest))
    content = json.loads(Path(run["datalist"]).read_text())
    (tmp_path / "other.json").write_text(json.dumps({**content, "training": []}))
    assert "leak" not in evaluate(run, datalist=str(tmp_path / "other.json"))
    assert "whether the network was trained on test images is not known" in caplog.text


def test_other_images_of_patients_that_were_trained_on_are_counted(tmp_path: Path) -> None:
    learned = [{"image": "1.png", "label": [1], "patient_id": "a"}, {"image": "2.png", "label": [0]}]
    content = {"labels": ["x"], "task": "multilabel", "training": learned, "validation": [], "test": []}
    (tmp_path / "list.json").write_text(json.dumps(content))
    training = {"datalist": {"path": str(tmp_path / "list.json"), "sha256": file_sha256(tmp_path / "list.json")}}
    patients = {"1.png": "a", "3.png": "a", "4.png": "b", "5.png": None}
    items = [{"name": name, "split": "test", "patient_id": patient} for name, patient in patients.items()]
    [reason] = seen_in_training(training, items, datalist=None)
    assert reason.startswith("trained on 1 of 4 test images and other images of the patients of 1 more (")
    assert seen_in_training(training, items[2:], datalist=None) == []
    assert seen_in_training(None, items, datalist=None) == []


def test_a_size_that_is_stated_is_the_same_as_one_that_is_referred_to() -> None:
    meta = {"_meta_": {"size": [24, 24]}}
    reader = {"_target_": "radiobundle.images.RadiographReader", "image_size_px": "@image_size_px", "steps": "@steps"}
    before = {"reader": reader, "normalisation": [], "steps": [], "image_size_px": "@_meta_#size", **meta}
    now = {**before, "reader": {**reader, "_target_": "radiobundle.images.reader.RadiographReader"}}
    assert input_changes({"config": before}, {**now, "image_size_px": (24, 24)}) == []
    [change] = input_changes({"config": before}, {**now, "steps": [{"_target_": "radiobundle.transforms.Equalise"}]})
    assert change.startswith("reader#steps was [], is now")
    assert input_changes(None, now) == input_changes({"datalist": None}, now) == []
