"""The simple CNN of the second ChestX-ray14 study."""

from __future__ import annotations

from torch import nn

from radiobundle.networks.initialise import initialise


class SimpleCNN(nn.Sequential):
    """Two convolutional layers and one fully connected layer.

    Source: Qian and Zhao, section 3.2.1, which says "just two convolutional layers" and gives no sizes; 16 and 32
    filters of 3x3, each with a 2x2 pooling, and an average over 8x8 fields are ours.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        initialisation: see `initialise`; the study's formula (its equation 2) is "xavier".

    Shape:
        (batch, in_channels, height, width) to logits (batch, num_classes).

    >>> import torch
    >>> SimpleCNN(num_classes=3)(torch.zeros(2, 1, 64, 64)).shape
    torch.Size([2, 3])
    """

    def __init__(self, *, in_channels: int = 1, num_classes: int = 14, initialisation: str = "xavier") -> None:
        layers: list[nn.Module] = []
        for before, after in ((in_channels, 16), (16, 32)):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        super().__init__(*layers, nn.AdaptiveAvgPool2d(8), nn.Flatten(), nn.Linear(32 * 8 * 8, num_classes))
        initialise(self, initialisation)
