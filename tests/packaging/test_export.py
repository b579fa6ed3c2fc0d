"""What is exported gives PyTorch's numbers, in any batch size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from bundle_runs import CHESTXRAY14, make_blob_list, narrow_resnet, run_bundle
from radiobundle.cli import main
from radiobundle.packaging import export
from radiobundle.transforms import StandardizeEachImage

onnx, onnxruntime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")


# The layers of ResNet18 and DenseNet121, but fewer and narrower.
NETWORKS: dict[str, dict[str, Any]] = {
    "resnet": narrow_resnet(8, 16, 32, 64),
    "densenet": {
        "_target_": "monai.networks.nets.DenseNet",
        "spatial_dims": 2,
        "in_channels": "@input_channels",
        "out_channels": "@num_classes",
        "init_features": 16,
        "growth_rate": 8,
        "block_config": [2, 2, 2, 2],
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS)
def test_exported_networks_predict_what_the_bundle_predicts(
    network: str, chestxray14_list: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {**chestxray14_list, "output_dir": str(tmp_path / "run")}
    size = {"image_size_px": [48, 64]}
    run_bundle("train", bundle=CHESTXRAY14, network_def=NETWORKS[network], **paths, **size, max_epochs=1)
    images = f"{paths['dataset_dir']}/images"
    assert main(["export", paths["output_dir"], images, "--output", str(tmp_path / "out"), "--int8"]) == 0
    said = capsys.readouterr().out
    command = ["predict", paths["output_dir"], images, "--output", str(tmp_path / "answers"), "--precision", "fp32"]
    assert main(command) == 0
    facts = json.loads((tmp_path / "out/export.json").read_text())
    assert facts["images"] == 64 and facts["calibrated_on"] == 26
    differences = {name: found["probability"] for name, found in facts["largest_difference"].items()}
    assert max(differences["model.ts"], differences["model.onnx"]) < 1e-4 < differences["model.int8.onnx"] < 0.1
    images = export._read(export.load_model(paths["output_dir"]), sorted(Path(images).glob("*.png")), range(5))
    expected = pd.read_csv(tmp_path / "answers/predictions.csv")[[f"prob:{label}" for label in facts["labels"]]][:5]
    with torch.inference_mode():
        scripted = torch.jit.load(tmp_path / "out/model.ts")(images)[0].numpy()
    np.testing.assert_allclose(scripted, expected, atol=1e-4)
    session = onnxruntime.InferenceSession(tmp_path / "out/model.onnx")
    np.testing.assert_allclose(session.run(None, {"image": images.numpy()})[0], expected, atol=1e-4)
    int8, found = tmp_path / "out/model.int8.onnx", tmp_path / "by int8"
    assert main(["predict", str(int8), str(paths["dataset_dir"]) + "/images", "--output", str(found)]) == 0
    np.testing.assert_allclose(pd.read_csv(found / "predictions.csv")[expected.columns][:5], expected, atol=0.1)
    kinds = {node.op_type for node in onnx.load(int8).graph.node}
    fraction = int8.stat().st_size / (tmp_path / "out/model.onnx").stat().st_size
    assert "QuantizeLinear" in kinds and fraction < 1
    assert f"model.int8.onnx: {100 * fraction:.0f} % of the size of model.onnx" in said


def test_one_image_is_enough_but_for_int8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_blob_list(tmp_path, count=70)
    run_bundle("train", **paths, max_epochs=1, image_size_px=[32, 32], network_def=NETWORKS["resnet"])
    out = tmp_path / "out"
    one = sorted(map(str, Path(paths["dataset_dir"]).iterdir()))[0]
    assert main(["export", paths["output_dir"], one, "--output", str(tmp_path / "by one image")]) == 0
    assert main(["export", paths["output_dir"], paths["dataset_dir"], "--output", str(out), "--int8"]) == 2
    assert "and got 6; give at least 80 images" in capsys.readouterr().err
    assert not out.exists()


def test_int8_that_differs_too_much_is_not_kept_nor_that_of_an_earlier_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = make_blob_list(tmp_path, count=80)
    run_bundle("train", **paths, max_epochs=1, image_size_px=[32, 32], network_def=NETWORKS["resnet"])
    out = tmp_path / "out"
    out.mkdir()
    (out / "model.int8.onnx").write_text("of an earlier export")
    monkeypatch.setattr(export, "INT8_TOLERANCE", 0.0)
    assert main(["export", paths["output_dir"], paths["dataset_dir"], "--output", str(out), "--int8"]) == 2
    assert "model.int8.onnx: differs from PyTorch by up to {'probability'" in capsys.readouterr().err
    assert {path.name for path in out.iterdir()} == {"model.ts", "model.onnx", "export.json"}
    facts = json.loads((out / "export.json").read_text())
    assert set(facts["largest_difference"]) == {"model.ts", "model.onnx"} and "calibrated_on" not in facts


def test_format_that_disagrees_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = make_blob_list(tmp_path)
    run_bundle("train", **paths, max_epochs=1, image_size_px=[32, 32], network_def=NETWORKS["resnet"])
    write = export._write_torchscript
    monkeypatch.setattr(export, "_write_torchscript", lambda *arguments: (write(*arguments)[0] + 0.01,))
    assert main(["export", paths["output_dir"], paths["dataset_dir"], "--output", str(tmp_path / "out")]) == 2
    assert "model.ts: differs from PyTorch" in capsys.readouterr().err
    assert not (tmp_path / "out/model.ts").exists()


@pytest.mark.filterwarnings("ignore")
def test_onnx_standardises_large_images_as_precisely_as_pytorch(tmp_path: Path) -> None:
    class Standardize(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return StandardizeEachImage()(images)

    images = torch.rand(2, 1, 512, 512, generator=torch.Generator().manual_seed(0))
    path = str(tmp_path / "standardize.onnx")
    torch.onnx.export(Standardize(), (images,), path, input_names=["images"], dynamo=True, verbose=False)
    (found,) = onnxruntime.InferenceSession(path).run(None, {"images": images.numpy()})
    np.testing.assert_allclose(found, StandardizeEachImage()(images.double()), atol=2e-6)
