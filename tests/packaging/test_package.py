"""A package needs no recipe and no radiobundle; its zip is the same every time."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from monai.bundle import ConfigParser, ckpt_export, create_workflow, load, onnx_export, verify_net_in_out
from monai.transforms import Compose
from PIL import Image

from bundle_runs import CHESTXRAY14, PNEUMONIA, TINY, chdir, make_blob_list, run_bundle, run_in_two_processes
from processes import linted_at_once, run_each
from radiobundle.authoring.lint.command import lint_bundle
from radiobundle.cli import main
from radiobundle.packaging.package import ISOLATED


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A run whose recipes change labels, image size, network and normalisation."""
    paths = make_blob_list(tmp_path_factory.mktemp("run"), count=120)
    recipes = ["recipes/stage1", "recipes/normalise_dataset"]
    run_bundle("train", *recipes, **TINY, **paths, max_epochs=1)
    run_bundle("train", "evaluate", *recipes, **TINY, **paths, bootstrap=20, precision="fp32")
    return paths


@pytest.fixture(scope="module")
def packages(run: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two packages of one run, made by two processes: TorchScript numbers its classes process by process."""
    paths = [tmp_path_factory.mktemp("package") / "infection.zip" for _ in range(2)]
    run_in_two_processes(make_package, run["output_dir"], paths)
    return paths


def make_package(rank: int, run: str, paths: list[Path]) -> None:
    with linted_at_once() if rank else nullcontext():  # the first as everybody makes it
        assert main(["package", str(PNEUMONIA), "--run", run, "--output", str(paths[rank])]) == 0


@pytest.fixture(scope="module")
def package(packages: list[Path]) -> Path:
    return packages[0]


def unzip(package: Path, folder: Path) -> Path:
    with zipfile.ZipFile(package) as file:
        file.extractall(folder)
    return folder / package.stem


@pytest.mark.slow
def test_package_runs_by_monai_alone_and_predicts_the_same(run: dict[str, str], package: Path, tmp_path: Path) -> None:
    bundle = unzip(package, tmp_path)
    script = (
        "import runpy, sys, radiobundle; from pathlib import Path; "
        "assert Path(radiobundle.__file__).is_relative_to(Path.cwd()), radiobundle.__file__; "
        "sys.argv[0] = 'monai.bundle'; runpy.run_module('monai.bundle', run_name='__main__')"
    )
    options = {"dataset_dir": run["dataset_dir"], "output_dir": str(tmp_path / "out"), "precision": "fp32"}
    command = [sys.executable, "-c", script, "run", "inference", "--config_file", "configs/inference.json"]
    command += [text for name, value in options.items() for text in (f"--{name}", value)]
    done = subprocess.run(command, cwd=bundle, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = pd.read_csv(tmp_path / "out/inference/predictions.csv").set_index("image")
    expected = pd.read_csv(Path(run["output_dir"]) / "predictions.csv").set_index("image")
    columns = ["prob:normal", "prob:infected"]
    np.testing.assert_allclose(found.loc[expected.index, columns], expected[columns], atol=1e-5)


def test_package_evaluates_without_its_recipes(run: dict[str, str], package: Path, tmp_path: Path) -> None:
    bundle = unzip(package, tmp_path)
    paths = {**run, "output_dir": str(tmp_path / "again")}
    run_bundle("train", "evaluate", bundle=bundle, **paths, bootstrap=20, precision="fp32")
    folders = (Path(paths["output_dir"]), Path(run["output_dir"]))
    found, expected = (pd.read_csv(folder / "predictions.csv") for folder in folders)
    pd.testing.assert_frame_equal(found, expected, atol=1e-5)


def test_metadata_says_what_the_run_was(package: Path, tmp_path: Path) -> None:
    bundle = unzip(package, tmp_path)
    metadata = json.loads((bundle / "configs/metadata.json").read_text())
    output = metadata["network_data_format"]["outputs"]["pred"]
    assert output["channel_def"] == {"0": "normal", "1": "infected"} and output["num_channels"] == 2
    assert metadata["network_data_format"]["inputs"]["image"]["spatial_shape"] == [24, 24]
    assert set(metadata["eval_metrics"]["auroc"]) == {"value", "low", "high"}
    assert "models/model.pt" in metadata["checksums_sha256"]
    assert "radiobundle" not in metadata["required_packages_version"]
    assert {"pydicom", "pylibjpeg-openjpeg", "python-gdcm"} <= set(metadata["extra_packages_version"]["dicom"])
    assert {
        "model.pt",
        "model.ts",
        "model.onnx",
        "pixels.npz",
        "average.png",
        "thresholds.json",
        "out_of_distribution.npz",
    } <= {path.name for path in (bundle / "models").iterdir()}
    assert lint_bundle(bundle) == []


def test_same_run_gives_the_same_bytes(packages: list[Path]) -> None:
    assert packages[0].read_bytes() == packages[1].read_bytes()


def test_weights_are_stored_as_they_are_and_the_rest_is_deflated(package: Path) -> None:
    with zipfile.ZipFile(package) as file:
        stored = {entry.filename for entry in file.infolist() if entry.compress_type == zipfile.ZIP_STORED}
    assert {Path(name).name for name in stored} == {"model.pt", "model.ts", "model.onnx"}


def test_zip_is_linted_and_its_code_listed(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(package), "--code"]) == 0
    printed = capsys.readouterr().out
    assert "0 errors, 0 warnings" in printed and "runs monai.engines.SupervisedTrainer" in printed


def test_package_that_is_not_named_zip_is_refused(run: dict[str, str], tmp_path: Path) -> None:
    output = tmp_path / "model"
    command = ["package", str(PNEUMONIA), "--run", run["output_dir"], "--output", str(output), "--no-export"]
    assert main(command) == 2 and not output.exists()


def test_zip_predicts(run: dict[str, str], package: Path, tmp_path: Path) -> None:
    assert main(["predict", str(package), run["dataset_dir"], "--output", str(tmp_path / "out")]) == 0
    assert len(pd.read_csv(tmp_path / "out/predictions.csv")) == 120


def spoil(bundle: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)


@pytest.mark.parametrize("name", ["model.pt", "thresholds.json", "out_of_distribution.npz", "pixels.npz", "model.onnx"])
def test_one_flipped_bit_is_found(
    name: str, run: dict[str, str], package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = unzip(package, tmp_path)
    spoil(bundle, f"models/{name}")
    shutil.make_archive(str(tmp_path / "spoilt"), "zip", tmp_path, bundle.name)
    for form in (bundle, tmp_path / "spoilt.zip"):
        assert main(["lint", str(form)]) == 1
        assert f"error: models/{name}: differs from the file that was packaged" in capsys.readouterr().out
        if name != "model.onnx":  # which `predict` on a bundle does not read
            assert main(["predict", str(form), run["dataset_dir"], "--output", str(tmp_path / "out")]) == 2
            assert f"models/{name}: differs from the file that was packaged" in capsys.readouterr().err
    if name == "model.pt":
        with pytest.raises(RuntimeError) as caught:
            run_bundle(
                "train", "evaluate", bundle=bundle, **{**run, "output_dir": str(tmp_path / "eval")}, bootstrap=10
            )
        assert "differs from the file that was packaged" in str(caught.value.__cause__)


def test_file_that_was_added_or_taken_away_is_found(run: dict[str, str], package: Path, tmp_path: Path) -> None:
    bundle = unzip(package, tmp_path)
    (bundle / "models/thresholds.json").unlink()
    assert any("thresholds.json: is missing" in str(finding).replace("models/", "") for finding in lint_bundle(bundle))
    assert main(["predict", str(bundle), run["dataset_dir"], "--output", str(tmp_path / "out")]) == 2


def test_unfinished_and_foreign_runs_are_refused(
    run: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options: list[Any] = ["--output", str(tmp_path / "x.zip")]
    assert main(["package", str(CHESTXRAY14), "--run", run["output_dir"], *options]) == 2
    assert "was trained with the bundle 'Pneumonia" in capsys.readouterr().err
    assert main(["package", str(PNEUMONIA), "--run", str(tmp_path), *options]) == 2
    assert "run.json: no such file" in capsys.readouterr().err
    (tmp_path / "run.json").write_text((Path(run["output_dir"]) / "run.json").read_text())
    assert main(["package", str(PNEUMONIA), "--run", str(tmp_path), *options]) == 2
    assert "evaluate the run first" in capsys.readouterr().err
    assert not (tmp_path / "x.zip").exists()


def test_card_states_this_runs_recipes_numbers_and_files(run: dict[str, str], package: Path, tmp_path: Path) -> None:
    bundle = unzip(package, tmp_path)
    card = (bundle / "docs/README.md").read_text()
    auroc = json.loads((bundle / "configs/metadata.json").read_text())["eval_metrics"]["auroc"]
    assert f"| AUROC | {auroc['value']:.3f} ({auroc['low']:.3f} to {auroc['high']:.3f}) |" in card
    assert "| models/model.onnx |" in card and "normal, infected." in card
    for name in re.findall(r"\]\(([\w./]+)\)", card):
        assert (bundle / "docs" / name).is_file(), name


def test_evaluation_of_test_images_alone_uses_the_shipped_thresholds(
    run: dict[str, str], package: Path, tmp_path: Path
) -> None:
    bundle = unzip(package, tmp_path)
    shipped = (bundle / "models/thresholds.json").read_bytes()
    datalist = json.loads(Path(run["datalist"]).read_text())
    (tmp_path / "list.json").write_text(json.dumps({**datalist, "validation": [], "training": []}))
    paths = {**run, "output_dir": str(tmp_path / "out"), "datalist": str(tmp_path / "list.json")}
    run_bundle("train", "evaluate", bundle=bundle, **paths, bootstrap=20)
    found = json.loads((tmp_path / "out/metrics.json").read_text())["splits"]["test"]["per_class"]["infected"]
    assert found["fitted"]["threshold"] == json.loads(shipped)["values"]["infected"]
    assert (bundle / "models/thresholds.json").read_bytes() == shipped


def test_images_for_the_comparison_are_asked_for_where_the_runs_are_gone(
    run: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = Path(shutil.copytree(run["output_dir"], tmp_path / "moved"))
    text = (moved / "run.json").read_text().replace(run["dataset_dir"], "/gone")
    (moved / "run.json").write_text(text)
    command = ["package", str(PNEUMONIA), "--run", str(moved), "--output", str(tmp_path / "x.zip")]
    assert main(command) == 2
    assert "--images" in capsys.readouterr().err and not (tmp_path / "x.zip").exists()
    with linted_at_once():
        assert main([*command, "--no-export"]) == 0
    with zipfile.ZipFile(tmp_path / "x.zip") as file:
        assert not [name for name in file.namelist() if name.endswith((".onnx", ".ts"))]


def test_monai_commands_work_on_a_package(run: dict[str, str], package: Path, tmp_path: Path) -> None:
    bundle = unzip(package, tmp_path)
    meta, config = str(bundle / "configs/metadata.json"), str(bundle / "configs/inference.json")
    with chdir(bundle):
        verify_net_in_out("network_def", meta_file=meta, config_file=config, device="cpu")
        workflow = create_workflow("monai.bundle.ConfigWorkflow", config_file=config, workflow_type="inference",
                                   dataset_dir=run["dataset_dir"])  # fmt: skip
        assert workflow.check_properties() == [] and workflow.network_def is not None
        ckpt_export("network_def", filepath="exported.ts", ckpt_file="models/model.pt", meta_file=meta,
                    config_file=config)  # fmt: skip
        onnx_export("network_def", filepath="exported.onnx", ckpt_file="models/model.pt", meta_file=meta,
                    config_file=config, input_shape=[1, 1, 24, 24])  # fmt: skip
        loaded = load(name=bundle.name, bundle_dir=str(bundle.parent), model_file="models/model.pt", source="github",
                      repo="nobody/nothing/0.0.0", load_ts_module=False, model=workflow.network_def)  # fmt: skip
    images = torch.rand(2, 1, 24, 24)
    state = torch.load(bundle / "models/model.pt", weights_only=True)
    assert all(torch.equal(loaded.state_dict()[key], value) for key, value in state.items())
    scripted = torch.jit.load(bundle / "exported.ts").eval()
    with torch.no_grad():
        torch.testing.assert_close(scripted(images), loaded.eval()(images))


def test_answers_as_monai_deploy_computes_them_are_the_same(run: dict[str, str], package: Path, tmp_path: Path) -> None:
    """Its classification operator reads no metadata, opens the image itself and applies each Compose's transforms."""
    expected = pd.read_csv(Path(run["output_dir"]) / "predictions.csv").set_index("image").iloc[:3]
    with chdir(unzip(package, tmp_path)):
        parser = ConfigParser()
        parser.read_config("configs/inference.json")
        network = parser.get_parsed_content("network_def").eval()
        network.load_state_dict(torch.load("models/model.pt", weights_only=True))
        before, after = (
            parser.get_parsed_content(f"{name}#transforms") for name in ("preprocessing", "postprocessing")
        )
        for name, row in expected.iterrows():
            opened = np.asarray(Image.open(Path(run["dataset_dir"]) / str(name)))[None]
            with torch.no_grad():
                logits = network(Compose(before)({"image": torch.from_numpy(opened).float()})["image"][None])
            found = Compose(after)({"pred": logits})["pred"][0]
            np.testing.assert_allclose(found, row[["prob:normal", "prob:infected"]].astype(float), atol=1e-6)


OWN = {
    "mynet.py": """
import torch
from myparts import pool

class Net(torch.nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.features = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU())
        self.classifier = torch.nn.Linear(4, num_classes)

    def forward(self, images):
        return self.classifier(pool(self.features(images)))
""",
    "myparts.py": "def pool(maps):\n    return maps.mean(dim=(2, 3))\n",
    "scripts/extras.py": """
import torch

class SmoothLoss(torch.nn.CrossEntropyLoss):
    def __init__(self):
        super().__init__(label_smoothing=0.1)

class Darken:
    def __call__(self, images):
        return 0.9 * images

class Halve:
    def __call__(self, image):
        return image / 2
""",
    "unused.py": "",
}


@pytest.fixture
def own_bundle(tmp_path: Path) -> Path:
    """The bundle with a network, loss, augmentation and preprocessing step that lie beside its configurations."""
    bundle = tmp_path / "mine"
    shutil.copytree(PNEUMONIA, bundle)
    for name, text in OWN.items():
        (bundle / name).parent.mkdir(exist_ok=True)
        (bundle / name).write_text(text)
    recipe = {
        "_purpose_": "Everything of my own.",
        "network_def": {"_target_": "mynet.Net", "num_classes": "@num_classes"},
        "loss_function": {"_target_": "scripts.extras.SmoothLoss"},
        "train#augmentation": [{"_target_": "scripts.extras.Darken"}],
        "preprocessing_steps": [{"_target_": "scripts.extras.Halve"}],
    }
    (bundle / "configs/recipes/own.json").write_text(json.dumps(recipe))
    return bundle


@pytest.mark.slow
def test_own_code_travels_with_run_and_package(own_bundle: Path, tmp_path: Path) -> None:
    paths = make_blob_list(tmp_path / "data", count=60)
    options = {**paths, "image_size_px": 24, "batch_size": 8, "precision": "fp32"}
    run_bundle("train", "recipes/own", bundle=own_bundle, **options, max_epochs=1)
    run_bundle("train", "evaluate", "recipes/own", bundle=own_bundle, **options, bootstrap=20)
    assert not any(finding.level == "error" for finding in lint_bundle(own_bundle, run=True))
    package = tmp_path / "own.zip"
    assert (
        main(["package", str(own_bundle), "--run", paths["output_dir"], "--output", str(package), "--no-export"]) == 0
    )
    card = unzip(package, tmp_path / "unzipped") / "docs/README.md"
    assert "`mynet.Net`" in card.read_text()
    names = zipfile.ZipFile(package).namelist()
    assert {f"own/{name}" for name in OWN if name != "unused.py"} <= set(names) and "own/unused.py" not in names
    assert not [name for name in names if "__pycache__" in name]  # which holds the time of this very copy
    shutil.rmtree(own_bundle)  # neither needs it any more
    expected = pd.read_csv(Path(paths["output_dir"]) / "predictions.csv").set_index("image")
    columns = [column for column in expected if column.startswith("prob:")]
    answers = {model: tmp_path / f"answers of {Path(model).name}" for model in (paths["output_dir"], str(package))}
    options = [paths["dataset_dir"], "--precision", "fp32", "--output"]
    run_each(*(["predict", model, *options, str(folder)] for model, folder in answers.items()), cwd=tmp_path)
    for folder in answers.values():
        found = pd.read_csv(folder / "predictions.csv").set_index("image")
        np.testing.assert_allclose(found.loc[expected.index, columns], expected[columns], atol=1e-6)


@pytest.mark.slow
def test_module_outside_of_the_bundle_has_no_package(
    own_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (own_bundle / "mynet.py").rename(tmp_path / "elsewhere" / "foreign_net.py")
    (own_bundle / "myparts.py").rename(tmp_path / "elsewhere" / "myparts.py")
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    recipe = own_bundle / "configs/recipes/own.json"
    recipe.write_text(recipe.read_text().replace("mynet.Net", "foreign_net.Net"))
    paths = make_blob_list(tmp_path / "data", count=60)
    options = {**paths, "image_size_px": 24, "batch_size": 8}
    run_bundle("train", "recipes/own", bundle=own_bundle, **options, max_epochs=1)
    run_bundle("train", "evaluate", "recipes/own", bundle=own_bundle, **options, bootstrap=20)
    package = tmp_path / "own.zip"
    assert (
        main(["package", str(own_bundle), "--run", paths["output_dir"], "--output", str(package), "--no-export"]) != 0
    )
    assert "foreign_net belongs neither to the bundle nor to an installed package" in capsys.readouterr().err
    assert not package.exists()


def test_bundle_whose_author_has_said_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(tmp_path / "new"), "--labels", "a", "--size", "32"])
    asked = ["package", str(tmp_path / "new"), "--run", str(tmp_path / "run"), "--output", str(tmp_path / "new.zip")]
    assert main(asked) == 2
    said = capsys.readouterr().err
    assert "or give --draft" in said and "docs/README.md line 7: " in said and "docs/data_license.txt line 3: " in said
    assert main([*asked, "--draft"]) == 2 and "run.json" in capsys.readouterr().err  # which comes next


def test_lint_of_a_package_sees_the_user_s_own_packages_but_no_python_variables() -> None:
    show = "import sys; print(sys.flags.no_user_site, sys.flags.ignore_environment, sys.flags.safe_path)"
    done = subprocess.run([sys.executable, *ISOLATED, "-c", show], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "1", "True"]
