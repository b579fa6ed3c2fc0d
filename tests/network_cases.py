"""What the tests of the networks have in common."""

from __future__ import annotations

from torch import nn


def count_parameters(network: nn.Module) -> int:
    """Return how many numbers a network learns."""
    return sum(parameter.numel() for parameter in network.parameters())
