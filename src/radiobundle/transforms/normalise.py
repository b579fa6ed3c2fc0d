"""Normalisation of a whole batch of unit-range images on its device."""

from __future__ import annotations

import torch


class StandardizeEachImage:
    """Subtract each image's own mean and divide by its own standard deviation (z-score), channel by channel.

    Exposure and film contrast then no longer tell two hospitals apart. A constant image becomes zero.
    """

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return float images (batch, channels, height, width) of mean 0 and standard deviation 1."""
        deviation, mean = torch.std_mean(images, dim=(2, 3), keepdim=True, correction=0)
        return (images - mean) / deviation.clamp_min(1e-3)


class StandardizeDataset:
    """Subtract one mean and divide by one standard deviation for the whole data set.

    Args:
        mean: of the training pixels in the unit range.
        std: standard deviation of the same.
    """

    def __init__(self, mean: float, std: float) -> None:
        if std <= 0:
            raise ValueError(f"std must be positive, got {std}")
        self.mean, self.std = mean, std

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return (images - mean) / std, same shape."""
        return (images - self.mean) / self.std
