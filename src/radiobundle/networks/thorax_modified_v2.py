"""Modified Model Version 2 of the first ChestX-ray14 study: whole maps of three depths side by side."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from radiobundle.networks.initialise import initialise
from radiobundle.networks.plain_cnn import stage_sizes_px, two_layers

CHANNELS, KERNELS = (12, 10, 8), (8, 8, 6)


class ThoraxModifiedV2(nn.Module):
    """Three conv stages; the pooled maps of each are flattened and concatenated.

    Source: Chen, Chen, Chen and Xiao, section 3.4, Table 3, at 512x512:

        | layer             | in | out | kernel | features              |
        |-------------------|----|-----|--------|-----------------------|
        | conv1, ReLU, pool | 1  | 12  | 8, 2   | 12 x 252 x 252 = 762,048 |
        | conv2, ReLU, pool | 12 | 10  | 8, 2   | 10 x 122 x 122 = 148,840 |
        | conv3, ReLU, pool | 10 | 8   | 6, 2   | 8 x 58 x 58 = 26,912     |
        | FC1, ReLU         | 937,800 | 128 |   |                       |
        | FC2               | 128 | 14 |        |                       |

    The first fully connected layer holds 120 million of its weights.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        image_size_px: (height, width) of the image.
        dropout: probability before each fully connected layer.
        initialisation: see `initialise`.

    Shape:
        (batch, in_channels, height, width) to logits (batch, num_classes).
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        num_classes: int = 14,
        image_size_px: int | Sequence[int] = (512, 512),
        dropout: float = 0.5,
        initialisation: str = "xavier_fan_in",
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv2d(before, after, kernel), nn.ReLU(), nn.MaxPool2d(2))
            for before, after, kernel in zip((in_channels, *CHANNELS), CHANNELS, KERNELS, strict=False)
        )
        sizes = stage_sizes_px(image_size_px, kernels=KERNELS)
        self.features = [channels * height * width for channels, (height, width) in zip(CHANNELS, sizes, strict=True)]
        self.classifier = nn.Sequential(*two_layers(sum(self.features), num_classes, dropout=dropout))
        initialise(self, initialisation)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        flattened, maps = [], images
        for stage in self.stages:
            maps = stage(maps)
            flattened.append(maps.flatten(1))
        return self.classifier(torch.cat(flattened, dim=1))
