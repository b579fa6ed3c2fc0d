"""The baseline CNN of the first ChestX-ray14 study, plain and improved."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from radiobundle.networks.initialise import initialise
from radiobundle.networks.plain_cnn import stage_sizes_px, two_layers


class ThoraxBaseline(nn.Sequential):
    """Three convolutions, one 3x3 pooling, two fully connected layers.

    Source: Chen, Chen, Chen and Xiao, "Exploration of different Deep Convolutional Network for Thorax Disease
    Detection", figures 1 and 2, tables 5 to 7. At 512x512:

        | layer         | out      | size            |
        |---------------|----------|-----------------|
        | conv 8x8      | 12       | 505             |
        | conv 8x8      | 10       | 498             |
        | conv 6x6      | 8        | 493             |
        | max pool 3x3  | 8        | 164             |
        | fully connected | 128, 14 | 215,168 inputs |

    The report draws the baseline without its widths and kernels; those of its Modified Model Version 2 (Table 3) are
    used. The improved baseline adds batch normalisation after each convolution and dropout of 0.5 before each fully
    connected layer.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        image_size_px: (height, width) of the image.
        batch_norm: normalise after each convolution.
        dropout: probability before each fully connected layer.
        initialisation: see `initialise`; the study's formula (its equation 1) is "xavier_fan_in".

    Shape:
        (batch, in_channels, height, width) to logits (batch, num_classes).
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        num_classes: int = 14,
        image_size_px: int | Sequence[int] = (512, 512),
        batch_norm: bool = False,
        dropout: float = 0.0,
        initialisation: str = "xavier_fan_in",
    ) -> None:
        layers: list[nn.Module] = []
        for before, after, kernel in ((in_channels, 12, 8), (12, 10, 8), (10, 8, 6)):
            layers += [nn.Conv2d(before, after, kernel), *([nn.BatchNorm2d(after)] if batch_norm else []), nn.ReLU()]
        sizes = stage_sizes_px(image_size_px, kernels=(8, 8, 6), pool=1)
        height, width = sizes[-1][0] // 3, sizes[-1][1] // 3
        head = two_layers(8 * height * width, num_classes, dropout=dropout)
        super().__init__(*layers, nn.MaxPool2d(3), nn.Flatten(), *head)
        initialise(self, initialisation)
