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
from radiobundle.bundles.exported import DESCRIPTION, _providers, load_exported
from radiobundle.cli import main

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


def predict(model: str | Path, films: str, output: Path, *options: str) -> int:
    return main(["predict", str(model), films, "--output", str(output), "--precision", "fp32", *options])


@pytest.mark.parametrize("name", FORMATS)
def test_file_alone_predicts_what_the_run_predicts(
    name: str, run: dict[str, str], exported: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes((exported / name).read_bytes())
    assert predict(tmp_path / name, run["dataset_dir"], tmp_path / "file") == 0
    assert predict(run["output_dir"], run["dataset_dir"], tmp_path / "run") == 0
    found, expected = (pd.read_csv(tmp_path / kind / "predictions.csv") for kind in ("file", "run"))
    assert {"call", "prob:normal", "calibrated:normal", "ood_distance", "ood_score"} <= set(found)
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


@pytest.mark.parametrize(
    "step",
    [
        {"_target_": "os.system", "command": "true"},
        {"_target_": "monai.transforms.Lambda", "func": "$lambda film: film"},
        {"_target_": "monai.transformsevil.Identity"},
    ],
)
def test_preprocessing_that_could_run_anything_is_not_run(step: dict[str, Any], exported: Path, tmp_path: Path) -> None:
    description = json.loads((exported / "export.json").read_text())
    write_description(exported / "model.onnx", tmp_path / "evil.onnx", {**description, "preprocessing_steps": [step]})
    with pytest.raises(ValueError, match="which is not run"):
        load_exported(tmp_path / "evil.onnx")


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
    providers = _providers(device, [f"{name}ExecutionProvider" for name in available])
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
