"""Heat maps are where the evidence is."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from monai.networks.nets import DenseNet121, EfficientNetBN, resnet18
from monai.visualize import GradCAM, GradCAMpp
from torch import nn

from radiobundle.explain.heat_maps import HeatMaps
from radiobundle.explain.layers import last_map_layer
from radiobundle.explain.pointing_game import hottest_spot
from radiobundle.networks import Cascade, SimpleCNN, ThoraxModifiedV1, VGGLike, freeze_all_but

NETWORKS: dict[str, tuple[nn.Module, str]] = {
    "resnet18": (resnet18(spatial_dims=2, n_input_channels=1, num_classes=3), "layer4"),
    "densenet121": (DenseNet121(2, 1, 3), "class_layers.relu"),
    "modified_v1": (ThoraxModifiedV1(num_classes=3), "stages.2"),
    "efficientnet": (EfficientNetBN("efficientnet-b0", pretrained=False, in_channels=1, num_classes=3), "_swish"),
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
    image = torch.zeros(1, 1, 32, 32)
    image[..., 20:24, 4:8] = 1
    heat = HeatMaps(BrightSpot())
    x, y = hottest_spot(heat(image, 0)[0].numpy())
    assert (x, y) == (pytest.approx(6 / 32), pytest.approx(22 / 32))
    assert not heat(image, 1).any()  # brightness speaks against the other label


def test_layer_that_runs_twice_has_the_gradient_of_the_run_whose_output_it_has() -> None:
    shared = nn.Sigmoid()
    network = nn.Sequential(nn.Conv2d(1, 2, 3), shared, nn.Conv2d(2, 2, 3), shared, nn.Flatten(), nn.Linear(2 * 16, 2))
    image = torch.rand(1, 1, 8, 8)
    maps = network[:4](image).detach().requires_grad_()
    network[4:](maps)[0, 1].backward()
    assert maps.grad is not None
    expected = (maps.grad.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).relu().detach()
    heat = HeatMaps(network, "1")(image, 1)
    torch.testing.assert_close(heat[None], nn.functional.interpolate(expected, size=(8, 8), mode="bilinear"))


@pytest.mark.parametrize("kind", [GradCAM, GradCAMpp])
def test_scale_of_logits_changes_no_picture(kind: type[GradCAM]) -> None:
    network = SimpleCNN(num_classes=2).double()  # Grad-CAM++ cubes gradients: in float32 the order of sums shows
    images = torch.rand(2, 1, 32, 32, dtype=torch.float64)
    before = HeatMaps(network, kind=kind)(images, 1)
    with torch.no_grad():
        network[-1].bias += 5000  # of which the exponential is infinite
    torch.testing.assert_close(HeatMaps(network, kind=kind)(images, 1), before)
    torch.testing.assert_close(HeatMaps(network, kind=kind)(images[1:], 1), before[1:])


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
