"""Random augmentation of a whole batch at once, on the batch's device, each image with its own parameters.

Parameters are drawn from torch's global generator on the CPU, so that a seed gives the same ones on every device, and
are then applied deterministically; only noise is drawn where the images are. Nothing waits for a GPU. Images are
float32 (batch, channels, height, width) in the unit range.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

Range = Sequence[float]


class RandomAffine:
    """Flip, rotate, zoom, stretch and shift in one resampling; what comes in from outside repeats the border.

    Args:
        degrees: rotation drawn from -degrees..degrees.
        zoom: range of the magnification; below 1 shrinks the image, above 1 crops it.
        stretch: largest ratio between horizontal and vertical magnification (1 keeps the shape).
        shift: largest move as a fraction of the image's side.
        flip: probability of swapping left and right. A chest image says which side is which: keep 0 where it matters.

    >>> images = torch.arange(4.0).reshape(1, 1, 1, 4)
    >>> RandomAffine(flip=1.0)(images)
    tensor([[[[3., 2., 1., 0.]]]])
    """

    def __init__(
        self,
        *,
        degrees: float = 0.0,
        zoom: Range = (1.0, 1.0),
        stretch: float = 1.0,
        shift: float = 0.0,
        flip: float = 0.0,
    ) -> None:
        _check_range("zoom", zoom, lowest=0.01)
        _check_probability("flip", flip)
        if stretch < 1:
            raise ValueError(f"stretch is a ratio of at least 1, got {stretch}")
        self.degrees, self.zoom, self.stretch, self.shift, self.flip = degrees, zoom, stretch, shift, flip

    def sample(self, count: int) -> torch.Tensor:
        """Sample (count, 2, 3) matrices from output to input coordinates, as `affine_grid` takes them."""
        angle = torch.deg2rad(_uniform(count, -self.degrees, self.degrees))
        zoom = _uniform(count, *self.zoom)
        half_stretch = _log_uniform(count, 1 / self.stretch, self.stretch).sqrt()
        mirror = torch.where(torch.rand(count) < self.flip, -1.0, 1.0)
        shift = _uniform(2 * count, -2 * self.shift, 2 * self.shift).reshape(2, count)
        cos, sin = torch.cos(angle), torch.sin(angle)
        across, down = mirror * half_stretch / zoom, 1 / (half_stretch * zoom)
        return torch.stack([cos * across, -sin * down, shift[0], sin * across, cos * down, shift[1]], 1).reshape(
            count, 2, 3
        )

    def apply(self, images: torch.Tensor, matrices: torch.Tensor) -> torch.Tensor:
        """Resample each image with its matrix."""
        grid = functional.affine_grid(matrices.to(images, non_blocking=True), list(images.shape), align_corners=False)
        return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return the batch, each image moved by its own matrix."""
        return self.apply(images, self.sample(len(images)))


class RandomExposure:
    """Vary gamma, contrast and brightness, as another X-ray unit, detector or image scanner would.

    Args:
        gamma: range of the exponent, drawn evenly on a log scale.
        contrast: range of the factor about mid-grey, drawn evenly on a log scale.
        brightness: largest offset either way.

    >>> exposure = RandomExposure(gamma=(0.8, 1.25))
    >>> exposure.apply(torch.full((1, 1, 1, 1), 0.5), torch.tensor([[2.0], [1.0], [0.1]]))
    tensor([[[[0.3500]]]])
    """

    def __init__(self, *, gamma: Range = (1.0, 1.0), contrast: Range = (1.0, 1.0), brightness: float = 0.0) -> None:
        _check_range("gamma", gamma, lowest=0.01)
        _check_range("contrast", contrast, lowest=0.01)
        self.gamma, self.contrast, self.brightness = gamma, contrast, brightness

    def sample(self, count: int) -> torch.Tensor:
        """Sample (3, count): gamma, contrast, brightness of each image."""
        return torch.stack(
            [
                _log_uniform(count, *self.gamma),
                _log_uniform(count, *self.contrast),
                _uniform(count, -self.brightness, self.brightness),
            ]
        )

    def apply(self, images: torch.Tensor, parameters: torch.Tensor) -> torch.Tensor:
        """Apply gamma, then contrast and brightness, and keep the unit range."""
        gamma, contrast, brightness = (per_image(row, images) for row in parameters)
        return ((images.clamp(0, 1) ** gamma - 0.5) * contrast + 0.5 + brightness).clamp(0, 1)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return the batch, each image exposed its own way."""
        return self.apply(images, self.sample(len(images)))


class RandomSharpness:
    """Blur or sharpen by mixing each image with its local mean.

    Args:
        amount: range of the mix; 1 is the local mean itself (blurred), 0 the image, below 0 unsharp masking.
        size_px: side of the window of the local mean, odd.
    """

    def __init__(self, *, amount: Range = (-0.5, 1.0), size_px: int = 5) -> None:
        _check_range("amount", amount, lowest=-10)
        if size_px % 2 == 0:
            raise ValueError(f"size_px must be odd, got {size_px}")
        self.amount, self.size_px = amount, size_px

    def sample(self, count: int) -> torch.Tensor:
        """Sample (count,) mixing amounts."""
        return _uniform(count, *self.amount)

    def apply(self, images: torch.Tensor, amount: torch.Tensor) -> torch.Tensor:
        """Mix each image with its local mean and keep the unit range."""
        local_mean = functional.avg_pool2d(
            images, self.size_px, stride=1, padding=self.size_px // 2, count_include_pad=False
        )
        return torch.lerp(images, local_mean, per_image(amount, images)).clamp(0, 1)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return the batch, each image blurred or sharpened by its own amount."""
        return self.apply(images, self.sample(len(images)))


class RandomNoise:
    """Add Gaussian noise whose standard deviation is drawn for each image.

    Args:
        std: the largest standard deviation, in the unit range.
    """

    def __init__(self, *, std: float = 0.05) -> None:
        if std < 0:
            raise ValueError(f"std must not be negative, got {std}")
        self.std = std

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return the noisy batch, kept in the unit range."""
        level = per_image(_uniform(len(images), 0.0, self.std), images)
        return torch.addcmul(images, torch.randn_like(images), level).clamp(0, 1)


def per_image(values: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Shape (batch,) values so that they broadcast over (batch, channels, height, width) on the images' device."""
    return values.to(images, non_blocking=True)[:, None, None, None]


def _uniform(count: int, low: float, high: float) -> torch.Tensor:
    return low + (high - low) * torch.rand(count)


def _log_uniform(count: int, low: float, high: float) -> torch.Tensor:
    return torch.exp(_uniform(count, *torch.tensor([low, high]).log().tolist()))


def _check_range(name: str, values: Range, *, lowest: float) -> None:
    if len(values) != 2 or not lowest <= values[0] <= values[1]:
        raise ValueError(f"{name} must be [low, high] with {lowest} <= low <= high, got {list(values)}")


def _check_probability(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is a probability, got {value}")
