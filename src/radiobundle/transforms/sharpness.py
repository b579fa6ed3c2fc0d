"""Random augmentation that blurs or sharpens, see `sampling`."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from radiobundle.transforms.sampling import (
    RandomAugmentation,
    Range,
    check_probability,
    check_range,
    per_image,
    uniform,
)

_REACH = 4  # standard deviations: beyond them a Gaussian is less than 1e-3 of its middle


class RandomSharpness(RandomAugmentation):
    """Blur or sharpen by mixing each image with its local mean.

    Args:
        amount: range of the mix; 1 is the local mean itself (blurred), 0 the image, below 0 unsharp masking.
        size_px: side of the window of the local mean, odd.
    """

    def __init__(self, *, amount: Range = (-0.5, 1.0), size_px: int = 5) -> None:
        check_range("amount", amount, lowest=-10)
        if size_px % 2 == 0:
            raise ValueError(f"size_px must be odd, got {size_px}")
        self.amount, self.size_px = amount, size_px

    def sample(self, count: int) -> torch.Tensor:
        """Sample (count,) mixing amounts."""
        return uniform(count, *self.amount)

    def apply(self, images: torch.Tensor, amount: torch.Tensor) -> torch.Tensor:
        """Mix each image with its local mean and keep the unit range."""
        local_mean = functional.avg_pool2d(
            images, self.size_px, stride=1, padding=self.size_px // 2, count_include_pad=False
        )
        return torch.lerp(images, local_mean, per_image(amount, images)).clamp(0, 1)


class RandomBlur(RandomAugmentation):
    """Blur some images by a Gaussian.

    Args:
        sigma_px: range of the standard deviation, in pixels, sampled evenly.
        probability: that an image is blurred at all.
    """

    def __init__(self, *, sigma_px: Range = (0.0, 0.5), probability: float = 0.5) -> None:
        check_range("sigma_px", sigma_px, lowest=0)
        check_probability("probability", probability)
        self.sigma_px, self.probability = sigma_px, probability

    def sample(self, count: int) -> torch.Tensor:
        """Sample (count,) standard deviations in pixels; 0 leaves an image as it is."""
        return uniform(count, *self.sigma_px) * (torch.rand(count) < self.probability)

    def apply(self, images: torch.Tensor, sigma_px: torch.Tensor) -> torch.Tensor:
        """Blur each image by its own Gaussian; beyond the border the image is mirrored."""
        batch, channels, height, width = images.shape
        reach = min(math.ceil(_REACH * self.sigma_px[1]), height - 1, width - 1)
        offsets = torch.arange(-reach, reach + 1)
        weights = torch.exp(-0.5 * (offsets / sigma_px.clamp_min(1e-6)[:, None]) ** 2)
        kernels = (weights / weights.sum(1, keepdim=True)).repeat_interleave(channels, 0).to(images, non_blocking=True)
        padded = functional.pad(images, (reach, reach, reach, reach), mode="reflect")
        rows = padded.reshape(1, batch * channels, *padded.shape[2:])
        across = functional.conv2d(rows, kernels[:, None, None, :], groups=len(kernels))
        down = functional.conv2d(across, kernels[:, None, :, None], groups=len(kernels))
        return down.reshape(images.shape)
