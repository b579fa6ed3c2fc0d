"""Random augmentation that moves pixels, see `sampling`."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch.nn import functional

from radiobundle.transforms.sampling import (
    RandomAugmentation,
    Range,
    check_probability,
    check_range,
    log_uniform,
    uniform,
)

_OUTSIDE = ("border", "zeros")


class RandomAffine(RandomAugmentation):
    """Flip, rotate, shear, zoom, stretch and shift in one resampling.

    Args:
        degrees: rotation sampled from -degrees..degrees.
        zoom: range of the magnification; below 1 shrinks the image, above 1 crops it.
        stretch: largest ratio between horizontal and vertical magnification (1 keeps the shape).
        shift: largest move as a fraction of the image's side.
        shear: horizontal shear sampled from -shear..shear, in degrees.
        outside: what comes in from outside: border (the image's edge repeated) or zeros (black).
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
        shear: float = 0.0,
        outside: str = "border",
    ) -> None:
        check_range("zoom", zoom, lowest=0.01)
        check_probability("flip", flip)
        if stretch < 1:
            raise ValueError(f"stretch is a ratio of at least 1, got {stretch}")
        if not 0 <= shear < 90:
            raise ValueError(f"shear is an angle from 0 to below 90 degrees, got {shear}")
        if outside not in _OUTSIDE:
            raise ValueError(f"outside '{outside}' is unknown; use {' or '.join(_OUTSIDE)}")
        self.degrees, self.zoom, self.stretch, self.shift, self.flip = degrees, zoom, stretch, shift, flip
        self.shear, self.outside = shear, outside

    def sample(self, count: int) -> torch.Tensor:
        """Sample (count, 2, 3) matrices from output to input coordinates, as `affine_grid` takes them."""
        angle = torch.deg2rad(uniform(count, -self.degrees, self.degrees))
        zoom = uniform(count, *self.zoom)
        half_stretch = log_uniform(count, 1 / self.stretch, self.stretch).sqrt()
        mirror = torch.where(torch.rand(count) < self.flip, -1.0, 1.0)
        shift = uniform(2 * count, -2 * self.shift, 2 * self.shift).reshape(2, count)
        cos, sin = torch.cos(angle), torch.sin(angle)
        across, down = mirror * half_stretch / zoom, 1 / (half_stretch * zoom)
        x_of_x, x_of_y, y_of_x, y_of_y = cos * across, -sin * down, sin * across, cos * down
        if self.shear:
            slope = torch.tan(torch.deg2rad(uniform(count, -self.shear, self.shear)))
            x_of_y, y_of_y = x_of_y + slope * x_of_x, y_of_y + slope * y_of_x
        return torch.stack([x_of_x, x_of_y, shift[0], y_of_x, y_of_y, shift[1]], 1).reshape(count, 2, 3)

    def apply(self, images: torch.Tensor, matrices: torch.Tensor) -> torch.Tensor:
        """Resample each image with its matrix."""
        return _resample(images, matrices, self.outside)


class RandomCrop(RandomAugmentation):
    """Cut a strip off each side and enlarge the rest to the original size, which also stretches it.

    Args:
        fraction: largest part of the height or width that a side loses; each side loses its own.

    >>> RandomCrop(fraction=0.25).apply(torch.arange(4.0).reshape(1, 1, 1, 4), torch.tensor([[0.25], [0.25], [0], [0]]))
    tensor([[[[0.7500, 1.2500, 1.7500, 2.2500]]]])
    """

    def __init__(self, *, fraction: float = 0.1) -> None:
        if not 0 <= fraction < 0.5:
            raise ValueError(f"fraction must lie from 0 to below 0.5, got {fraction}")
        self.fraction = fraction

    def sample(self, count: int) -> torch.Tensor:
        """Sample (4, count): the strips cut off at the left, right, top and bottom, as fractions of the sides."""
        return uniform(4 * count, 0, self.fraction).reshape(4, count)

    def apply(self, images: torch.Tensor, fractions: torch.Tensor) -> torch.Tensor:
        """Crop and enlarge each image."""
        left, right, top, bottom = fractions
        none = torch.zeros_like(left)
        matrices = torch.stack([1 - left - right, none, left - right, none, 1 - top - bottom, top - bottom], 1)
        return _resample(images, matrices.reshape(-1, 2, 3), "border")


def _resample(images: torch.Tensor, matrices: torch.Tensor, outside: str) -> torch.Tensor:
    """Resample each image at matrix (2, 3) times output coordinates in -1..1."""
    count, _, height, width = images.shape
    points = _points(height, width, images.dtype, images.device).expand(count, -1, -1)
    grid = points.bmm(matrices.to(images, non_blocking=True).transpose(1, 2)).view(count, height, width, 2)
    return functional.grid_sample(images, grid, padding_mode=outside, align_corners=False)


@lru_cache(maxsize=8)
def _points(height: int, width: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """Return (1, height * width, 3): x and y of each pixel's centre in -1..1, and 1.

    `affine_grid` makes them anew each time, by a dozen kernels.
    """
    unmoved = torch.eye(2, 3, dtype=dtype)[None]
    places = functional.affine_grid(unmoved, [1, 1, height, width], align_corners=False).view(1, -1, 2)
    return torch.cat([places, torch.ones_like(places[..., :1])], 2).to(device)
