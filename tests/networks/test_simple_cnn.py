"""The simple network of the chest study."""

from __future__ import annotations

from torch import nn

from radiobundle.networks import SimpleCNN


def test_simple_cnn_has_two_convolutions() -> None:
    assert sum(isinstance(module, nn.Conv2d) for module in SimpleCNN()) == 2
