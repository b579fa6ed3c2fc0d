"""Modified Model Version 1 of the first ChestX-ray14 study: averages of three depths side by side."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from radiobundle.networks.initialise import initialise
from radiobundle.networks.plain_cnn import two_layers


class ThoraxModifiedV1(nn.Module):
    """Three conv stages; the channel averages of each are concatenated, so that small features are not lost.

    Source: Chen, Chen, Chen and Xiao, section 3.3, Table 1:

        | layer             | in      | out | kernel |
        |-------------------|---------|-----|--------|
        | conv1, ReLU, pool | 1       | 64  | 3, 2   |
        | conv2, ReLU, pool | 64      | 128 | 3, 2   |
        | conv3, ReLU, pool | 128     | 256 | 3, 2   |
        | global average    | 64,128,256 | 448 |     |
        | FC1, ReLU         | 448     | 128 |        |
        | FC2               | 128     | 14  |        |

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        dropout: probability before each fully connected layer (its section 4.3 says that there is one, not how much;
            that of the improved baseline is the default).
        initialisation: see `initialise`.

    Shape:
        (batch, in_channels, height, width) of any size from 22 px to logits (batch, num_classes).
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        num_classes: int = 14,
        dropout: float = 0.5,
        initialisation: str = "xavier_fan_in",
    ) -> None:
        super().__init__()
        widths = (in_channels, 64, 128, 256)
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv2d(before, after, 3), nn.ReLU(), nn.MaxPool2d(2)) for before, after in pairwise(widths)
        )
        self.classifier = nn.Sequential(*two_layers(sum(widths[1:]), num_classes, dropout=dropout))
        initialise(self, initialisation)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        averages, maps = [], images
        for stage in self.stages:
            maps = stage(maps)
            averages.append(maps.mean(dim=(2, 3)))
        return self.classifier(torch.cat(averages, dim=1))
