"""What the plain networks of the studies share: stages of convolution and pooling without padding, and their head."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from radiobundle.images.size import height_and_width


def stage_sizes_px(
    image_size_px: int | Sequence[int], *, kernels: Sequence[int], pool: int = 2
) -> list[tuple[int, int]]:
    """Return (height, width) after each stage of an unpadded convolution and a pooling of the same size and stride.

    Raises:
        ValueError: the image is too small for the stages.

    >>> stage_sizes_px((32, 32), kernels=(3, 3))
    [(15, 15), (6, 6)]
    """
    height, width = height_and_width(image_size_px)
    sizes = []
    for kernel in kernels:
        height, width = (height - kernel + 1) // pool, (width - kernel + 1) // pool
        if min(height, width) < 1:
            raise ValueError(f"image_size_px {image_size_px} is too small for {len(kernels)} conv stages")
        sizes.append((height, width))
    return sizes


def two_layers(inputs: int, num_classes: int, *, dropout: float) -> list[nn.Module]:
    """Return a fully connected layer of 128 nodes and one of `num_classes`, with dropout before each."""
    return [nn.Dropout(dropout), nn.Linear(inputs, 128), nn.ReLU(), nn.Dropout(dropout), nn.Linear(128, num_classes)]
