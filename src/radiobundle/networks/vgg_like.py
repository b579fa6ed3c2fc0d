"""The VGG-like CNN of the second ChestX-ray14 study."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from radiobundle.images.size import height_and_width
from radiobundle.networks.initialise import initialise

WIDTHS = (32, 64, 128, 256, 256)


class VGGLike(nn.Sequential):
    """3x3 convolutions, 2x2 poolings, fully connected layers of 2,048: VGG with fewer layers and one input channel.

    Source: Qian and Zhao, section 3.2.2: only 3x3 convolutions and 2x2 pooling, some of VGG16's convolutions deleted,
    half its fully connected nodes (2,048), one channel in, 14 classes out, at 256x256. The number of convolutions and
    their filters are in a figure only; one convolution in each of the first two blocks, two in each of the last three
    and 32 to 256 filters are ours (half of VGG16's). At 256x256:

        | block         | filters | size out |
        |---------------|---------|----------|
        | conv, pool    | 32      | 128      |
        | conv, pool    | 64      | 64       |
        | 2 conv, pool  | 128     | 32       |
        | 2 conv, pool  | 256     | 16       |
        | 2 conv, pool  | 256     | 8        |
        | fully connected | 2,048, 2,048, 14 | 16,384 inputs |

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        image_size_px: (height, width) of the image; at least 32.
        batch_norm: normalise after each convolution, as its section 4.2.4 says.
        initialisation: see `initialise`; the study's formula (its equation 2) is "xavier".

    Shape:
        (batch, in_channels, height, width) to logits (batch, num_classes).

    Raises:
        ValueError: the image is too small.

    >>> import torch
    >>> VGGLike(image_size_px=(32, 32)).eval()(torch.zeros(2, 1, 32, 32)).shape
    torch.Size([2, 14])
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        num_classes: int = 14,
        image_size_px: int | Sequence[int] = (256, 256),
        batch_norm: bool = True,
        initialisation: str = "xavier",
    ) -> None:
        height, width = (size // 2 ** len(WIDTHS) for size in height_and_width(image_size_px))
        if min(height, width) < 1:
            raise ValueError(f"image_size_px {image_size_px} is too small for {len(WIDTHS)} poolings")
        layers: list[nn.Module] = []
        before = in_channels
        for block, after in enumerate(WIDTHS):
            for _ in range(1 if block < 2 else 2):
                layers += [nn.Conv2d(before, after, 3, padding=1)]
                layers += [nn.BatchNorm2d(after)] if batch_norm else []
                layers += [nn.ReLU(inplace=True)]
                before = after
            layers.append(nn.MaxPool2d(2))
        super().__init__(
            *layers,
            nn.Flatten(),
            nn.Linear(before * height * width, 2048),
            nn.ReLU(inplace=True),
            nn.Linear(2048, 2048),
            nn.ReLU(inplace=True),
            nn.Linear(2048, num_classes),
        )
        initialise(self, initialisation)
