"""The command: any image in; heat maps on its own pixels, filters and feature maps out."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from bundle_runs import TINY, make_blob_list, run_bundle
from image_files import make_dicom
from radiobundle.cli import main
from radiobundle.evaluation.fitting import out_of_distribution
from radiobundle.explain.methods import METHODS


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A tiny network, trained and evaluated on enough images for an out-of-distribution score."""
    paths = make_blob_list(tmp_path_factory.mktemp("run"), count=150)
    datalist = json.loads(Path(paths["datalist"]).read_text())
    for split in ("training", "validation", "test"):
        for index, item in enumerate(datalist[split]):
            item["patient_id"] = f"{split}{index}"
    Path(paths["datalist"]).write_text(json.dumps(datalist))
    run_bundle("train", **TINY, **paths, max_epochs=3)
    run_bundle("train", "evaluate", **TINY, **paths, bootstrap=20, precision="fp32")
    assert (Path(paths["output_dir"]) / "models" / out_of_distribution.FILE).exists()
    return paths


def explain(run: dict[str, str], *given: object, output: Path, options: tuple[str, ...] = ()) -> int:
    return main(["explain", run["output_dir"], *map(str, given), "--output", str(output), *options])


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A wide image whose evidence is on its left."""
    pixels = np.random.default_rng(0).normal(100, 25, (80, 120))
    pixels[20:60, 15:45] += 60
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(tmp_path / "wide.png")
    return tmp_path / "wide.png"


def test_every_method_leaves_a_figure_a_row_and_its_numbers(run: dict[str, str], image: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert explain(run, image, output=out, options=("--method", *METHODS, "--label", "covid", "2")) == 0
    table = pd.read_csv(out / "explain.csv", keep_default_na=False)
    assert list(table["method"]) == [*METHODS, *METHODS]
    assert list(table["label"].drop_duplicates()) == ["covid", "non-covid"]
    assert set(table.loc[table["method"].str.startswith("gradcam"), "layer"]) == {"features"}
    assert (table["remark"] == "").sum() >= len(METHODS)
    for row in table.to_dict("records"):
        npy, nifti = (out / name for name in str(row["maps"]).split(" "))
        heat = np.load(npy)
        assert heat.shape == (80, 120) and heat.dtype == np.float32
        if row["remark"] == "":
            x, y = (round(float(row[name]) - 0.01) for name in ("x_px", "y_px"))
            assert heat[y, x] == pytest.approx(heat.max(), rel=0.05)
        np.testing.assert_array_equal(nibabel.load(nifti).get_fdata()[:, :, 0].T, heat)
    with Image.open(out / table["figure"][0]) as figure:
        assert figure.width > 1000 and np.asarray(figure.convert("RGB")).std() > 20
    assert table["figure"].nunique() == 2  # one of each label
    assert all(figure in (out / "index.html").read_text() for figure in table["figure"])


def test_label_and_layer_can_be_chosen_on_the_page(run: dict[str, str], image: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ("--method", "gradcam", "smoothgrad", "--label", "0", "1", "--layer", "features.3", "features")
    assert explain(run, image, output=out, options=asked) == 0
    table = pd.read_csv(out / "explain.csv", keep_default_na=False)
    assert list(table["layer"]) == ["features.3", "features", ""] * 2
    assert table["figure"].nunique() == table["maps"].nunique() == 6
    found = re.findall('data-choices="(.*?)"', (out / "index.html").read_text())
    choices = [json.loads(unescape(text)) for text in found]
    layers = ("features.3", "features", "none")
    assert choices == [{"label": label, "layer": layer} for label in ("normal", "covid") for layer in layers]


def test_predicted_label_is_explained_where_none_is_named(run: dict[str, str], tmp_path: Path) -> None:
    out, folder = tmp_path / "out", tmp_path / "predicted"
    images = [Path(run["dataset_dir"]) / f"{index}.png" for index in range(6)]
    assert explain(run, *images, output=out) == 0
    assert main(["predict", run["output_dir"], *map(str, images), "--output", str(folder)]) == 0
    expected = pd.read_csv(folder / "predictions.csv")
    found = pd.read_csv(out / "explain.csv")
    assert list(found["label"]) == list(expected["predicted"]) and set(found["method"]) == {"gradcam"}
    np.testing.assert_allclose(found["probability"], expected.filter(like="prob:").max(axis=1), atol=1e-6)
    np.testing.assert_allclose(found["ood_score"], expected["ood_score"], atol=1e-6)


def test_numbers_lie_on_the_pixels_and_in_the_space_of_the_file(run: dict[str, str], tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 1024, (40, 30)).astype(np.uint16)
    make_dicom(tmp_path / "a.dcm", pixels, PixelSpacing=[0.4, 0.2])  # oblong pixels: shown as 80x30
    affine = np.array([[-0.3, 0, 0, 9], [0, -0.3, 0, 8], [0, 0, 1, 7], [0, 0, 0, 1.0]])
    nibabel.save(nibabel.Nifti1Image(pixels.T[:, :, None].astype(np.int32), affine), tmp_path / "b.nii.gz")
    assert explain(run, tmp_path / "a.dcm", tmp_path / "b.nii.gz", output=tmp_path / "out") == 0
    maps = sorted((tmp_path / "out" / "maps").glob("*.nii.gz"))
    found = [nibabel.load(path) for path in maps]
    assert [image.shape for image in found] == [(30, 40, 1)] * 2
    np.testing.assert_allclose(np.diag(found[0].affine)[:2], [-0.2, -0.4], atol=1e-6)
    np.testing.assert_allclose(found[1].affine, affine, atol=1e-6)


def test_image_of_something_else_is_said_to_be_unlike(run: dict[str, str], image: Path, tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 64 * 64).reshape(64, 64).astype(np.uint8)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    usual = Path(run["dataset_dir"]) / "0.png"
    assert explain(run, tmp_path / "ramp.png", usual, output=tmp_path / "out") == 0
    table = pd.read_csv(tmp_path / "out" / "explain.csv", keep_default_na=False).set_index("image")
    assert "unlike the validation images" in table.loc[str(tmp_path / "ramp.png"), "remark"]
    assert table.loc[str(tmp_path / "ramp.png"), "ood_score"] > 0.99
    assert "unlike" not in table.loc[str(usual), "remark"]
    page = (tmp_path / "out" / "index.html").read_text()
    assert len(re.findall(r'class="note">unlike the validation images \(out-of-distribution score', page)) == 1


def test_damaged_image_is_listed_and_stops_nothing(run: dict[str, str], image: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(image.read_bytes()[:300])
    assert explain(run, tmp_path / "bad.png", image, output=tmp_path / "out") == 1
    assert len(pd.read_csv(tmp_path / "out" / "explain.csv")) == 1
    assert "bad.png" in pd.read_csv(tmp_path / "out" / "failed.csv")["reason"][0]
    assert "bad.png" in (tmp_path / "out" / "index.html").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--label", "covd"), "--label covd: the model has no such label; did you mean 'covid'?"),
        (("--label", "3"), "--label 3: the model has the labels 0 to 2"),
        (("--method", "gradcm"), "--method 'gradcm' is not known; did you mean 'gradcam'?"),
        (("--layer", "featurs"), "no layer 'featurs'; did you mean 'features'?"),
        (("--layer", "features.0", "--method", "occlusion"), "--layer features.0: occlusion uses no layer"),
        (("--filters", "features.00"), "--filters features.00: no such layer; did you mean 'features.0'?"),
        (("--features", "features.9"), "no layer 'features.9'; did you mean 'features."),
    ],
)
def test_wrong_option_is_answered_before_anything_is_written(
    run: dict[str, str], tmp_path: Path, options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(run, run["dataset_dir"], output=tmp_path / "out", options=options) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_earlier_results_are_replaced_only_when_asked_and_nothing_else_ever(
    run: dict[str, str], image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    assert explain(run, image, output=out) == 0
    assert explain(run, image, output=out) == 2
    assert "give --overwrite" in capsys.readouterr().err
    (out / "explain.csv").write_text("old")
    assert explain(run, image, output=out, options=("--overwrite",)) == 0
    assert len(pd.read_csv(out / "explain.csv")) == 1
    (out / "notes.txt").write_text("dear")
    assert explain(run, image, output=out, options=("--overwrite",)) == 2
    assert "also holds notes.txt" in capsys.readouterr().err and (out / "notes.txt").read_text() == "dear"
    other.mkdir()
    (other / "thesis.txt").write_text("dear")
    assert explain(run, image, output=other, options=("--overwrite",)) == 2
    assert (other / "thesis.txt").read_text() == "dear"


def test_inside_of_the_network_is_shown_in_pictures_and_in_tensorboard(
    run: dict[str, str], image: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = ("--filters", "features.0", "features.3", "--features", "features.1", "features")
    assert explain(run, image, output=out, options=options) == 0
    assert {path.stem for path in (out / "filters").glob("*.png")} == {"features.0", "features.3"}
    events = EventAccumulator(str(out / "tensorboard")).Reload()
    features = {f"features/{image}", f"features/{image}/features", f"features/{image}/features.1"}
    assert set(events.Tags()["images"]) == {"filters/features.0", "filters/features.3", *features}
    assert len(list((out / "features").glob("*.png"))) == 3


@pytest.fixture(scope="module", params=[".ts", ".onnx"])
def exported(request: pytest.FixtureRequest, run: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    assert main(["export", run["output_dir"], run["dataset_dir"], "--output", str(folder)]) == 0
    return folder / f"model{request.param}"


def test_exported_network_is_explained_by_occlusion(
    exported: Path, run: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = str(Path(run["dataset_dir"]) / "1.png")
    command = ["explain", str(exported), image, "--output", str(tmp_path / "out")]
    assert main([*command, "--method", "gradcam"]) == 2
    assert "give --method occlusion" in capsys.readouterr().err
    assert main([*command, "--features"]) == 2
    assert "layers of an exported network" in capsys.readouterr().err
    assert main(command) == 0
    (path,) = (tmp_path / "out" / "maps").glob("*.npy")
    options = ("--method", "occlusion")
    assert explain(run, image, output=tmp_path / "torch", options=options) == 0
    (other,) = (tmp_path / "torch" / "maps").glob("*.npy")
    assert path.name == other.name  # the same label is predicted
    exported_map, own_map = np.load(path), np.load(other)
    # Not equal: its logits are log-odds, and a region is covered before the image is normalised, not after.
    assert np.corrcoef(exported_map.ravel(), own_map.ravel())[0, 1] > 0.5


def test_prediction_may_be_explained_by_any_method(exported: Path, run: dict[str, str], tmp_path: Path) -> None:
    image = str(Path(run["dataset_dir"]) / "1.png")
    command = ["predict", str(exported), image, "--output", str(tmp_path / "out"), "--explain"]
    assert main(command) == 2
    assert main([*command, "--method", "occlusion"]) == 0
    assert len(list((tmp_path / "out" / "heat").glob("*.png"))) == 1
