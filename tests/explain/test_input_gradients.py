"""Gradients with respect to the image."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from radiobundle.explain.input_gradients import IntegratedGradients, SmoothGradients
from radiobundle.networks import SimpleCNN


def test_integrated_gradients_add_up_to_what_the_image_adds() -> None:
    torch.manual_seed(0)
    network = SimpleCNN(in_channels=3, num_classes=2)
    images = torch.rand(2, 3, 32, 32)
    grey = images.mean((2, 3), keepdim=True).expand_as(images)
    with torch.no_grad():
        added = (network(images) - network(grey))[:, 1]
    for smoothing in (0, 1 / 16):  # smoothing moves heat about, and makes none
        maps = IntegratedGradients(network, steps=100, smoothing=smoothing)(images, 1)
        torch.testing.assert_close(maps.sum((1, 2)), added, rtol=0.02, atol=0.01)


def test_integrated_gradients_of_a_linear_network_are_weight_times_image() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 1, bias=False))
    image = torch.rand(1, 1, 4, 4)
    expected = (image - image.mean()) * network[1].weight.detach().reshape(1, 1, 4, 4)
    maps = IntegratedGradients(network, steps=1, smoothing=0)(image, 0)
    torch.testing.assert_close(maps, expected[:, 0])


def test_noise_is_the_same_each_time_and_is_not_taken_from_others() -> None:
    images, method = torch.rand(2, 1, 32, 32), SmoothGradients(SimpleCNN(num_classes=2), copies=3)
    state = torch.get_rng_state()
    maps = method(images, 0)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(method(images, 0), maps) and maps.min() >= 0
    torch.testing.assert_close(method(images[1:], 0), maps[1:])
    assert not torch.allclose(SmoothGradients(SimpleCNN(num_classes=2), copies=3, seed=1)(images, 0), maps)


def test_network_is_left_alone() -> None:
    network = SimpleCNN(num_classes=2).requires_grad_(False)
    for method in (IntegratedGradients(network, steps=2), SmoothGradients(network, copies=2)):
        assert method(torch.rand(1, 1, 32, 32), 0).shape == (1, 32, 32)
        assert method.layer_for(0) == "" and not method.layers
    assert not any(parameter.requires_grad or parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize("method", [IntegratedGradients, SmoothGradients])
def test_image_needs_no_channels_of_a_certain_number(method: type) -> None:
    network = SimpleCNN(in_channels=3, num_classes=2)
    assert method(network)(torch.rand(1, 3, 32, 40), 1).shape == (1, 32, 40)
