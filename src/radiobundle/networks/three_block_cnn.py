"""The small CNN of the pneumonia cascade study."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from radiobundle.networks.initialise import initialise
from radiobundle.networks.plain_cnn import stage_sizes_px


class ThreeBlockCNN(nn.Module):
    """3x3 convolution, ReLU and 2x2 max pooling, up to three times, then three fully connected layers.

    Source: Chen, Goh and Tan, "50.039 Deep Learning Small Project Report", section "Model Architecture" and Tables 1-1
    to 1-3: 150x150 input, 3x3 kernels, 2x2 pooling with stride 2, fc1 of 100 nodes (60 and 200 tried; fc2 100 with the
    200), dropout 0.25, 0.35 or 0.40 on fc1 and fc2, Xavier initialisation. The report does not state the number of
    filters, nor fc2 of the original architecture: 16/32/64 and 50 are ours. Its sigmoid is left to post-processing.

    Args:
        in_channels: 1 (the study repeats the gray channel three times, which adds no information).
        num_classes: number of logits.
        image_size_px: (height, width) of the input.
        conv_channels: filters of each block; two entries give the study's "remove conv3".
        fc_nodes: nodes of fc1 and fc2.
        dropout: probability on fc1 and fc2.
        initialisation: see `initialise`.

    Shape:
        (batch, in_channels, height, width) to logits (batch, num_classes).

    >>> ThreeBlockCNN(image_size_px=(64, 64))(torch.zeros(2, 1, 64, 64)).shape
    torch.Size([2, 2])
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        num_classes: int = 2,
        image_size_px: int | Sequence[int] = (150, 150),
        conv_channels: Sequence[int] = (16, 32, 64),
        fc_nodes: Sequence[int] = (100, 50),
        dropout: float = 0.35,
        initialisation: str = "default",
    ) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        height, width = stage_sizes_px(image_size_px, kernels=[3] * len(conv_channels))[-1]
        for before, after in zip([in_channels, *conv_channels], conv_channels, strict=False):
            blocks += [nn.Conv2d(before, after, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
        self.features = nn.Sequential(*blocks)
        fc1, fc2 = fc_nodes
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(conv_channels[-1] * height * width, fc1),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(fc1, fc2),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(fc2, num_classes),
        )
        initialise(self, initialisation)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (batch, num_classes)."""
        return self.classifier(self.features(images))
