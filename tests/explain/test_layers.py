"""Layers that make maps."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from radiobundle.explain.layers import find_layer, last_map_layer, map_layers
from radiobundle.networks import SimpleCNN
from transformer_case import SmallTransformer

IMAGE = torch.rand(1, 1, 32, 32)


def test_maps_are_listed_in_the_order_of_the_network() -> None:
    found = map_layers(SimpleCNN(num_classes=2), IMAGE)
    assert [(layer.kind, layer.channels, layer.size_px) for layer in found][:3] == [
        ("Conv2d", 16, (32, 32)),
        ("ReLU", 16, (32, 32)),
        ("MaxPool2d", 16, (16, 16)),
    ]


def test_misspelt_layer_is_answered_with_the_nearest_one_that_makes_a_map() -> None:
    network = nn.Sequential()
    network.add_module("stem", nn.Conv2d(1, 4, 3))
    network.add_module("block1", nn.Conv2d(4, 4, 3))
    network.add_module("pool", nn.AdaptiveAvgPool2d(1))
    with pytest.raises(ValueError, match="no layer 'blok1'; did you mean 'block1'"):
        find_layer(network, IMAGE, "blok1")
    with pytest.raises(ValueError, match="'pool' of the network does not produce a map; its last"):
        find_layer(network, IMAGE, "pool")
    assert find_layer(network, IMAGE, "stem").size_px == (30, 30)


def test_layer_that_runs_twice_counts_where_it_ran_last() -> None:
    shared = nn.ReLU()
    network = nn.Sequential(nn.Conv2d(1, 2, 3), shared, nn.Conv2d(2, 3, 5), shared, nn.Conv2d(3, 2, 1))
    assert [(layer.name, layer.size_px[0]) for layer in map_layers(network, IMAGE)][-2:] == [("1", 26), ("4", 26)]
    assert last_map_layer(network[:4], IMAGE) == "1"


def test_network_without_maps_is_offered_occlusion() -> None:
    with pytest.raises(ValueError, match=r"convolutional network.*occlusion"):
        last_map_layer(nn.Sequential(nn.Flatten(), nn.Linear(1024, 2)), IMAGE)


@pytest.mark.parametrize("pool", ["token", "mean"])
def test_transformer_is_offered_methods_that_find_its_evidence(pool: str) -> None:
    network = SmallTransformer(num_classes=2, pool=pool)
    assert [layer.name for layer in map_layers(network, IMAGE)] == []
    with pytest.raises(ValueError, match=r"vision transformer.*`method` occlusion and integrated-gradients"):
        last_map_layer(network, IMAGE)


def test_normalisation_with_channels_last_is_no_map_but_a_convolution_after_it_is() -> None:
    class Permute(nn.Module):
        def __init__(self, *order: int) -> None:
            super().__init__()
            self.order = order

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.permute(*self.order)

    swin = nn.Sequential(nn.Conv2d(1, 20, 4, stride=4), Permute(0, 2, 3, 1), nn.LayerNorm(20))
    with pytest.raises(ValueError, match="vision transformer"):
        last_map_layer(swin, IMAGE)
    convnext = nn.Sequential(*swin, Permute(0, 3, 1, 2), nn.Conv2d(20, 8, 1))
    assert last_map_layer(convnext, IMAGE) == "4"
