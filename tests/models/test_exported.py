"""TorchScript and ONNX files predict by themselves what the run they were exported from predicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from bundle_runs import TINY, make_blob_list, run_bundle
from radiobundle.cli import main
from radiobundle.evaluation.fitting.calibration import read_calibration
from radiobundle.models.exported import load_exported
from radiobundle.models.onnx_file import DESCRIPTION, execution_providers, seal_onnx

onnx = pytest.importorskip("onnx")
FORMATS = ["model.ts", "model.onnx"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A tiny network behind preprocessing, with everything that ships beside weights."""
    paths = make_blob_list(tmp_path_factory.mktemp("run"), count=120)
    run_bundle("train", "recipes/crop_border", **TINY, **paths, max_epochs=1)
    run_bundle("train", "evaluate", "recipes/crop_border", **TINY, **paths, bootstrap=20, precision="fp32")
    return paths


@pytest.fixture(scope="module")
def exported(run: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    assert main(["export", run["output_dir"], run["dataset_dir"], "--output", str(folder)]) == 0
    return folder


def predict(model: str | Path, images: str, output: Path, *options: str) -> int:
    return main(["predict", str(model), images, "--output", str(output), "--precision", "fp32", *options])


@pytest.mark.parametrize("name", FORMATS)
def test_file_alone_predicts_what_the_run_predicts(
    name: str, run: dict[str, str], exported: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes((exported / name).read_bytes())
    assert predict(tmp_path / name, run["dataset_dir"], tmp_path / "file") == 0
    assert predict(run["output_dir"], run["dataset_dir"], tmp_path / "run") == 0
    found, expected = (pd.read_csv(tmp_path / kind / "predictions.csv") for kind in ("file", "run"))
    assert {"predicted", "prob:normal", "calibrated:normal", "ood_distance", "ood_score"} <= set(found)
    # A steep step of an isotonic calibration enlarges the last digits in which the probabilities differ.
    calibration = read_calibration(Path(run["output_dir"]) / "models" / "calibration.json")
    probabilities = found.filter(like="prob:").to_numpy()
    calibrated = calibration.apply(probabilities, method=calibration.recommended)
    expected[[name for name in expected if name.startswith("calibrated:")]] = calibrated
    pd.testing.assert_frame_equal(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", FORMATS)
def test_heat_maps_need_gradients(
    name: str, run: dict[str, str], exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict(exported / name, run["dataset_dir"], tmp_path / "out", "--explain") == 2
    assert "no gradients" in capsys.readouterr().err and not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_missing_and_foreign_files_are_refused(name: str, exported: Path, tmp_path: Path) -> None:
    path = tmp_path / name
    assert predict(path, str(tmp_path), tmp_path / "out") == 2
    path.write_bytes((exported / name).read_bytes()[:2000])
    with pytest.raises(ValueError, match="cannot be loaded"):
        load_exported(path)
    if name.endswith(".ts"):
        torch.jit.save(torch.jit.script(torch.nn.Identity()), path)
    else:
        write_description(exported / name, path, None)
    with pytest.raises(ValueError, match="was not written by `radiobundle export`"):
        load_exported(path)


EVIL_STEPS = [
    {"_target_": "os.system", "command": "true"},
    {"_target_": "radiobundle.transforms.geometry.torch.os.system", "command": "touch MARK"},
    {"_target_": "monai.transforms.Lambda", "func": "$lambda image: image"},
    {"_target_": "monai.transforms.CenterScaleCrop", "roi_scale": "$__import__('os').system('touch MARK')"},
    {"_target_": "monai.transforms.CenterScaleCrop", "roi_scale": 0.9, "_requires_": "$1"},
    {"_target_": "monai.transformsevil.Identity"},
    {"step": "os.system", "command": "touch MARK"},
    {"step": "center_scale_crop", "roi_scale": 2},
    {"step": "center_scale_crop"},
    {"step": "median_smooth", "radius": 10**9},
    {"step": "median_smooth", "radius": 1, "lazy": True},
    {"step": ["center_scale_crop"]},
    {},
]


@pytest.mark.parametrize("step", EVIL_STEPS, ids=str)
def test_preprocessing_is_data_and_chooses_from_a_closed_list(
    step: dict[str, Any], exported: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    step = json.loads(json.dumps(step).replace("MARK", str(mark)))
    for name in FORMATS:
        change_description(exported / name, tmp_path / name, preprocessing_steps=[step])
        with pytest.raises(ValueError, match="its preprocessing"):
            load_exported(tmp_path / name)
    assert not mark.exists()


def test_description_of_version_1_is_still_read(exported: Path, tmp_path: Path, run: dict[str, str]) -> None:
    old = [{"_target_": "monai.transforms.CenterScaleCrop", "roi_scale": 0.9}]
    change_description(
        exported / "model.onnx", tmp_path / "model.onnx", preprocessing_steps=old, schema="radiobundle-exported/1"
    )
    for path, output in ((tmp_path / "model.onnx", "old"), (exported / "model.onnx", "new")):
        assert predict(path, run["dataset_dir"], tmp_path / output) == 0
    found, expected = (pd.read_csv(tmp_path / name / "predictions.csv") for name in ("old", "new"))
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"labels": ["normal", "covid"]}, "is for the labels"),
        ({"labels": ["normal", "normal", "covid"]}, "'labels'"),
        ({"task": "regression"}, "'task'"),
        ({"image_size_px": [0, 24]}, "'image_size_px#0'"),
        ({"image_size_px": "24"}, "'image_size_px'"),
        ({"reference_distances": [2.0, 1.0]}, "not in ascending order"),
        ({"reference_distances": ["a"]}, "'reference_distances#0'"),
        ({"dicom_codes": {"labels": {"covid": "75570004"}}}, "'dicom_codes#labels#covid'"),
        ({"thresholds": {"rule": "youden"}}, "is a required property"),
        ({"calibration": []}, "'calibration'"),
        ({"schema": "other/1"}, "'schema'"),
    ],
)
def test_description_that_makes_no_sense_names_file_and_key(
    changes: dict[str, Any], match: str, exported: Path, tmp_path: Path
) -> None:
    change_description(exported / "model.onnx", tmp_path / "model.onnx", **changes)
    with pytest.raises(ValueError, match=match) as caught:
        load_exported(tmp_path / "model.onnx")
    assert "model.onnx" in str(caught.value)


class Writes(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        torch.save([images], "MARK")
        return images


class Maps(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.from_file("MARK", True, 10)


@pytest.mark.parametrize("program", [Writes, Maps])
def test_torchscript_that_reaches_for_files_is_not_loaded(program: type, tmp_path: Path) -> None:
    torch.jit.save(torch.jit.script(program()), tmp_path / "model.ts")
    with pytest.raises(ValueError, match="which no network needs"):
        load_exported(tmp_path / "model.ts")


@pytest.mark.parametrize(
    ("device", "available", "expected"),
    [
        ("cpu", ["CPU"], ["CPU"]),
        ("cuda:1", ["CUDA", "CPU"], ["CUDA", "CPU"]),
        ("tensorrt", ["Tensorrt", "CUDA", "CPU"], ["Tensorrt", "CUDA", "CPU"]),
        ("tensorrt", ["Tensorrt", "CPU"], ["Tensorrt", "CPU"]),
    ],
)
def test_onnx_runs_on_what_was_asked_for(device: str, available: list[str], expected: list[str]) -> None:
    providers = execution_providers(device, [f"{name}ExecutionProvider" for name in available])
    assert [name.removesuffix("ExecutionProvider") for name, _ in providers] == expected
    assert all(options == {"device_id": 1} for name, options in providers if device == "cuda:1" and "CUDA" in name)


@pytest.mark.parametrize(
    ("device", "match"), [("tensorrt", "lacks TensorrtExecutionProvider"), ("tpu", "runs on cpu, cuda, tensorrt")]
)
def test_device_that_onnx_cannot_have_is_refused(device: str, match: str, exported: Path) -> None:
    with pytest.raises(ValueError, match=match):
        load_exported(exported / "model.onnx", device=device)


def test_tensorrt_is_for_onnx_files(run: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert predict(run["output_dir"], run["dataset_dir"], tmp_path / "out", "--device", "tensorrt") == 2
    assert "radiobundle export" in capsys.readouterr().err


def test_description_names_outputs_and_codes(exported: Path) -> None:
    found = json.loads((exported / "export.json").read_text())
    assert list(found["outputs"]) == ["probabilities", "distances"]
    assert found["dicom_codes"]["labels"]["covid"]["scheme"] == "SCT"
    assert found["preprocessing_steps"][0]["roi_scale"] == 0.9
    assert np.all(np.diff(found["reference_distances"]) >= 0)


def write_description(source: Path, path: Path, description: dict[str, Any] | None) -> None:
    model = onnx.load(str(source))
    onnx.helper.set_model_props(model, {} if description is None else {DESCRIPTION: json.dumps(description)})
    onnx.save(model, str(path))


@pytest.mark.parametrize("name", FORMATS)
def test_no_flipped_bit_goes_unnoticed(name: str, exported: Path, tmp_path: Path) -> None:
    content = (exported / name).read_bytes()
    for position in np.random.default_rng(0).integers(0, len(content), 40):
        spoilt = bytearray(content)
        spoilt[position] ^= 1 << (position % 8)
        (tmp_path / name).write_bytes(spoilt)
        try:
            found = load_exported(tmp_path / name)
        except ValueError:
            continue
        original = load_exported(exported / name)
        images = np.random.default_rng(1).random((2, 1, 24, 24), np.float32)
        for one, other in zip(found.run(images), original.run(images), strict=True):
            np.testing.assert_array_equal(one, other)
        assert (found.labels, found.thresholds) == (original.labels, original.thresholds)


def test_sealed_file_is_a_model_like_any_other(exported: Path) -> None:
    stored = onnx.load(str(exported / "model.onnx"))
    onnx.checker.check_model(stored)
    assert {entry.key for entry in stored.metadata_props} >= {DESCRIPTION}


def change_description(source: Path, path: Path, **changes: Any) -> None:
    description = {**json.loads((source.parent / "export.json").read_text()), **changes}
    if source.suffix == ".onnx":
        stored = onnx.load(str(source))
        onnx.helper.set_model_props(stored, {})
        path.write_bytes(seal_onnx(stored.SerializeToString(), json.dumps(description)))
    else:
        torch.jit.save(torch.jit.load(source), path, _extra_files={DESCRIPTION: json.dumps(description)})
