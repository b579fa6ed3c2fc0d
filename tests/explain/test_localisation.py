"""Heat maps and the pointing game."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from monai.networks.nets import DenseNet121, resnet18
from torch import nn

from bundle_runs import CHESTXRAY14, run_bundle
from radiobundle.explain.heat_maps import HeatMaps, last_map_layer
from radiobundle.explain.pointing_game import covered_fraction, hottest_spot, is_inside, score_pointing
from radiobundle.networks import Cascade, SimpleCNN, ThoraxModifiedV1, VGGLike, freeze_all_but

BOX = {"label": "Mass", "x": 0.25, "y": 0.5, "width": 0.25, "height": 0.125}
NETWORKS: dict[str, tuple[nn.Module, str]] = {
    "resnet18": (resnet18(spatial_dims=2, n_input_channels=1, num_classes=3), "layer4"),
    "densenet121": (DenseNet121(2, 1, 3), "class_layers.relu"),
    "modified_v1": (ThoraxModifiedV1(num_classes=3), "stages.2"),
    "vgg_like": (VGGLike(num_classes=3, image_size_px=(96, 96)), "28"),
}


class BrightSpot(nn.Module):
    """Says 'yes' by the brightness of the image, 'no' by its darkness."""

    def __init__(self) -> None:
        super().__init__()
        self.map = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.ones_(self.map.weight)
        self.act = nn.ReLU(inplace=True)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        score = self.act(self.map(images)).mean((2, 3))
        return torch.cat([score, -score], 1)


@pytest.mark.parametrize("name", NETWORKS)
def test_last_map_is_found_and_the_network_is_left_alone(name: str) -> None:
    network, layer = NETWORKS[name]
    network.eval()
    image = torch.rand(1, 1, 96, 96)
    before = network(image)
    heat = HeatMaps(network)
    maps = heat(torch.rand(2, 1, 96, 96), 1)
    assert heat.layers == [layer] == [last_map_layer(network, image)]
    assert maps.shape == (2, 96, 96) and (maps >= 0).all()
    torch.testing.assert_close(network(image), before)
    assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())


def test_heat_is_where_the_evidence_is() -> None:
    panel = torch.zeros(1, 1, 32, 32)
    panel[..., 20:24, 4:8] = 1
    heat = HeatMaps(BrightSpot())
    x, y = hottest_spot(heat(panel, 0)[0].numpy())
    assert (x, y) == (pytest.approx(6 / 32), pytest.approx(22 / 32))
    assert not heat(panel, 1).any()  # brightness speaks against the other label


def test_each_image_has_the_map_it_would_have_alone() -> None:
    images = torch.rand(3, 1, 32, 32)
    heat = HeatMaps(SimpleCNN(num_classes=2))
    torch.testing.assert_close(heat(images, 1)[2:], heat(images[2:], 1))


def test_frozen_network_has_a_map_too() -> None:
    network = freeze_all_but(resnet18(spatial_dims=2, n_input_channels=1, num_classes=3), "fc")
    assert HeatMaps(network)(torch.rand(1, 1, 64, 64), 0).shape == (1, 64, 64)


def test_cascade_is_looked_into_where_it_tells_the_label_apart() -> None:
    first: Any = {"network": SimpleCNN(num_classes=2), "labels": ["normal", "infected"]}
    second: Any = {"network": SimpleCNN(num_classes=2), "labels": ["covid", "other"], "refines": "infected"}
    heat = HeatMaps(Cascade([first, second], labels=["normal", "covid", "other"]).eval())
    image = torch.rand(1, 1, 64, 64)
    assert heat(image, 0).shape == (1, 64, 64) and [layer.split(".")[0] for layer in heat.layers] == ["stage1"]
    heat(image, 2)
    assert [layer.split(".")[0] for layer in heat.layers] == ["stage1", "stage2"]


def test_missing_layer_and_missing_maps_are_named() -> None:
    with pytest.raises(ValueError, match="no layer 'layer9'"):
        HeatMaps(SimpleCNN(), "layer9")(torch.rand(1, 1, 32, 32), 0)
    with pytest.raises(ValueError, match="convolutional"):
        HeatMaps(nn.Sequential(nn.Flatten(), nn.Linear(64, 2)))(torch.rand(1, 1, 8, 8), 0)


def test_flat_map_points_nowhere_and_misses() -> None:
    x, y = hottest_spot(np.zeros((4, 4)))
    assert np.isnan(x) and np.isnan(y) and not is_inside(x, y, [BOX])


def test_boxes_are_hit_inside_only() -> None:
    assert is_inside(0.3, 0.6, [BOX]) and is_inside(0.25, 0.5, [BOX])
    assert not is_inside(0.6, 0.3, [BOX])
    assert covered_fraction([BOX, BOX]) == pytest.approx(0.25 * 0.125)


def test_scores_are_counts_with_wilson_intervals() -> None:
    points = pd.DataFrame(
        {
            "finding": ["Mass"] * 10 + ["Nodule"] * 2,
            "hit": [True] * 8 + [False] * 2 + [False] * 2,
            "centre_hit": [False] * 12,
            "box_fraction": [0.1] * 12,
        }
    )
    scores = score_pointing(points, labels=["Nodule", "Mass", "Hernia"]).set_index("finding")
    assert list(scores.index) == ["Nodule", "Mass", "all pairs", "mean over findings"]
    assert scores.loc["Mass", "accuracy"] == 0.8
    assert scores.loc["Mass", ["low", "high"]].tolist() == pytest.approx([0.4902, 0.9433], abs=1e-3)
    assert scores.loc["all pairs", "accuracy"] == pytest.approx(8 / 12)
    assert scores.loc["mean over findings", "accuracy"] == pytest.approx(0.4)


@pytest.fixture
def paths(chestxray14_list: dict[str, str], tmp_path: Path) -> dict[str, Any]:
    return {**chestxray14_list, "output_dir": str(tmp_path / "run"), "image_size_px": [64, 64], "batch_size": 16}


def test_bundle_scores_its_heat_maps_against_the_boxes_of_the_datalist(paths: dict[str, Any]) -> None:
    run_bundle("train", "recipes/resnet18", bundle=CHESTXRAY14, **paths, max_epochs=1)
    evaluate = ("train", "evaluate", "recipes/resnet18", "recipes/localise")
    run_bundle(*evaluate, bundle=CHESTXRAY14, **paths, bootstrap=20)
    output = Path(paths["output_dir"])
    points = pd.read_csv(output / "localisation.csv")
    datalist = json.loads(Path(paths["datalist"]).read_text())
    boxed = {(item["image"], box["label"]) for item in datalist["test"] for box in item.get("boxes", [])}
    assert {tuple(pair) for pair in points[["image", "finding"]].to_numpy()} == boxed
    predictions = pd.read_csv(output / "predictions.csv").set_index("image")
    for image, finding, probability in points[["image", "finding", "probability"]].to_numpy():
        assert probability == pytest.approx(predictions.loc[image, f"prob:{finding}"])
    assert json.loads((output / "localisation.json").read_text())["layers"] == ["layer4"]
    assert "| all pairs |" in (output / "localisation.md").read_text()
    assert (output / "localisation.png").stat().st_size > 0


def test_cropped_images_are_refused(paths: dict[str, Any]) -> None:
    names = ("train", "evaluate", "recipes/crop_border", "recipes/localise")
    with pytest.raises(Exception, match=r"PointingGame") as caught:
        run_bundle(*names, bundle=CHESTXRAY14, **paths)
    assert "crop the images" in str(caught.value.__cause__ or caught.value)


def test_datalist_without_boxes_is_refused(paths: dict[str, Any], tmp_path: Path) -> None:
    datalist = json.loads(Path(paths["datalist"]).read_text())
    for item in datalist["test"]:
        item.pop("boxes", None)
    (tmp_path / "plain.json").write_text(json.dumps(datalist))
    with pytest.raises(Exception, match=r"PointingGame") as caught:
        run_bundle(
            "train", "evaluate", "recipes/localise", bundle=CHESTXRAY14,
            **{**paths, "datalist": str(tmp_path / "plain.json")},
        )  # fmt: skip
    assert "no image of this evaluation has boxes" in str(caught.value.__cause__ or caught.value)
