"""Parameters of random augmentation, one per image of a batch.

Every augmentation samples its parameters from torch's global generator on the CPU, so that a seed gives the same ones
on every device, and then applies them deterministically to the whole batch on its device; only noise is sampled where
the images are. Nothing waits for a GPU. Images are float32 (batch, channels, height, width) in the unit range.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch

Range = Sequence[float]


class RandomAugmentation(ABC):
    """Sample parameters, one of each for every image, then apply them; `RandomNoise` alone samples as it applies."""

    @abstractmethod
    def sample(self, count: int) -> torch.Tensor:
        """Sample the parameters for a number of images, on the CPU."""

    @abstractmethod
    def apply(self, images: torch.Tensor, parameters: torch.Tensor) -> torch.Tensor:
        """Change each image by its own parameters."""

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return the batch, each image changed in its own way."""
        return self.apply(images, self.sample(len(images)))


def uniform(count: int, low: float, high: float) -> torch.Tensor:
    """Sample (count,) values evenly from low..high."""
    return low + (high - low) * torch.rand(count)


def log_uniform(count: int, low: float, high: float) -> torch.Tensor:
    """Sample (count,) values from low..high, evenly on a log scale."""
    return torch.exp(uniform(count, *torch.tensor([low, high]).log().tolist()))


def per_image(values: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Shape (..., batch) values so that they broadcast over (batch, channels, height, width) on the images' device."""
    return values.to(images, non_blocking=True)[..., None, None, None]


def check_range(name: str, values: Range, *, lowest: float) -> None:
    """Raise ValueError unless values are [low, high] with lowest <= low <= high."""
    if len(values) != 2 or not lowest <= values[0] <= values[1]:
        raise ValueError(f"{name} must be [low, high] with {lowest} <= low <= high, got {list(values)}")


def check_probability(name: str, value: float) -> None:
    """Raise ValueError unless a value lies in 0..1."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is a probability, got {value}")
