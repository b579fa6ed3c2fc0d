"""Networks that are built without random numbers."""

from __future__ import annotations

import pytest
import torch
from monai.networks.nets import DenseNet121, resnet18
from torch import nn

from radiobundle.networks import ThreeBlockCNN
from radiobundle.networks.unfilled import Unfilled

NETWORKS = {
    "resnet18": lambda: resnet18(spatial_dims=2, n_input_channels=1, num_classes=3),
    "densenet121": lambda: DenseNet121(spatial_dims=2, in_channels=1, out_channels=3),
    "three blocks": lambda: ThreeBlockCNN(num_classes=3, image_size_px=64),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_no_random_number_is_drawn_and_loaded_weights_are_all_there_is(name: str) -> None:
    network = NETWORKS[name]().eval()
    before = torch.get_rng_state()
    with Unfilled():
        other = NETWORKS[name]().eval()
    assert torch.equal(torch.get_rng_state(), before)
    other.load_state_dict(network.state_dict())
    images = torch.rand(2, 1, 64, 64)
    assert torch.equal(other(images), network(images))


def test_other_functions_are_as_ever() -> None:
    with Unfilled():
        assert nn.init.constant_(torch.empty(2), 3).tolist() == [3, 3]
        assert nn.init.normal_(tensor=torch.zeros(2)).tolist() == [0, 0]
        assert torch.rand(1000).std() > 0
        assert nn.BatchNorm2d(2).weight.tolist() == [1, 1]
    assert nn.init.normal_(torch.zeros(1000)).std() > 0
