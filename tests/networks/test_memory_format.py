"""Channels-last memory format without wrong gradients."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from radiobundle.networks.memory_format import use_channels_last


def gradients(network: nn.Module, images: torch.Tensor) -> list[torch.Tensor]:
    network(images).square().sum().backward()
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None]


@pytest.mark.parametrize("channels", [2, 4, 7, 8, 15, 16, 24])
def test_gradients_are_those_of_the_usual_format(channels: int) -> None:
    """Without the exception this crashes or hangs on a processor without AVX-512."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, channels, 3, padding=1), nn.Conv2d(channels, 8, 1, stride=2, bias=False))
    images = torch.rand(32, 1, 32, 32)
    expected = gradients(copy.deepcopy(network), images)
    placed = copy.deepcopy(use_channels_last(network))  # as a moving average of its weights is
    found = gradients(placed, images.contiguous(memory_format=torch.channels_last))
    for mine, other in zip(found, expected, strict=True):
        torch.testing.assert_close(mine.contiguous(), other, rtol=1e-3, atol=1e-3)


def test_other_layers_are_channels_last() -> None:
    network = use_channels_last(nn.Sequential(nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 1)))
    assert all(layer.weight.is_contiguous(memory_format=torch.channels_last) for layer in network)
    assert not any(layer._forward_pre_hooks for layer in network)
