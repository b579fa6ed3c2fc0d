"""Test-time augmentation: an image and its mirror image, judged together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from monai.inferers import Inferer


class MirroredInferer(Inferer):
    """Return the mean of a network's logits for images and for their mirror images, left and right exchanged.

    Args:
        inferer: runs the network on either.
    """

    def __init__(self, inferer: Inferer) -> None:
        super().__init__()
        self.inferer = inferer

    def __call__(self, inputs: torch.Tensor, network: Callable[..., Any], *args: Any, **kwargs: Any) -> torch.Tensor:
        """Return logits (batch, labels) for images (batch, channels, height, width)."""
        logits: list[torch.Tensor] = [
            self.inferer(images, network, *args, **kwargs) for images in (inputs, inputs.flip(-1))
        ]
        return (logits[0] + logits[1]) / 2
