"""Heat maps of the labels that matter, as `radiobundle explain` makes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from monai.transforms import CenterScaleCrop

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.explain.methods import explain_by
from radiobundle.images.reader import RadiographReader
from radiobundle.viewing.heat import labels_to_explain, method_title, write_heat_maps
from radiobundle.viewing.network import NetworkInput, run_network
from radiobundle.viewing.runs import open_runs
from viewing_cases import Count, inflated, read_script, rows_of


def test_true_and_predicted_labels_are_explained_else_the_most_probable() -> None:
    truth = np.array([[1, 0], [0, 0], [0, 0], [-1, 1], [0, 0]])
    rows = rows_of(truth, np.array([[0.2, 0.9], [0.2, 0.3], [0.6, 0.9], [0.1, 0.8], [np.nan, np.nan]]))
    assert rows.rule == DecisionRule("multilabel", ("c0", "c1"))
    assert labels_to_explain(rows, None) == [[0, 1], [1], [0, 1], [1], []]
    assert labels_to_explain(rows, np.array([0.1, 0.95]))[1] == [0]


def test_maps_are_those_of_the_method(trained_run: dict[str, str], tmp_path: Path) -> None:
    images = Path(trained_run["dataset_dir"])
    paths = [images / "0.png", None, images / "2.png", images / "3.png"]
    progress = Count()
    with run_network(open_runs([trained_run["output_dir"]])[0]) as model:
        assert model is not None
        source = NetworkInput(model)
        labels = [[0, 2], [1], [2], []]
        assert write_heat_maps("integrated-gradients", source, paths, labels, folder=tmp_path, progress=progress) == 2
        pixels = model.normalise(np.stack([model.reader(images / "2.png")]))
        expected = explain_by("integrated-gradients", model.network)(pixels, 2)[0].numpy().clip(min=0)
    assert progress.total == 4
    made = {path.stem: list(read_script(path)[1]["maps"]) for path in sorted(tmp_path.rglob("*.js"))}
    assert made == {"000000": ["0", "2"], "000001": [], "000002": ["2"], "000003": []}  # the page asks for each image
    key, value = read_script(tmp_path / "000/000002.js")
    found = inflated(value["maps"]["2"])
    assert key == "heat/2" and found.shape == expected.shape and found.max() == 255
    np.testing.assert_allclose(found, 255 * expected / (expected.max() or 1), atol=1)


def test_maps_of_cropped_images_cover_the_whole_image_or_are_left_out(
    trained_run: dict[str, str], tmp_path: Path
) -> None:
    images = Path(trained_run["dataset_dir"])
    crop = CenterScaleCrop(roi_scale=0.5)
    with run_network(open_runs([trained_run["output_dir"]])[0]) as model:
        assert model is not None
        cropping = replace(model, reader=RadiographReader(model.reader.image_size_px, steps=[crop]))
        kept = SimpleNamespace(find=lambda path: cropping.reader(images / "2.png"))
        source = NetworkInput(cropping, kept)  # type: ignore[arg-type]
        paths = [images / "2.png", tmp_path / "gone.png"]
        assert (
            write_heat_maps("integrated-gradients", source, paths, [[2], [2]], folder=tmp_path, progress=Count()) == 1
        )
    found = inflated(read_script(tmp_path / "000/000000.js")[1]["maps"]["2"])
    assert (
        found.shape == (32, 32) and not found[:8].any() and not found[:, 24:].any() and found[8:24, 8:24].max() == 255
    )


def test_an_unknown_method_is_named() -> None:
    assert method_title("gradcam") == "Grad-CAM"
    with pytest.raises(ValueError, match="did you mean 'gradcam'"):
        method_title("gradcan")
