"""Random augmentation that adds noise, see `sampling`."""

from __future__ import annotations

import torch

from radiobundle.transforms.sampling import per_image, uniform


class RandomNoise:
    """Add Gaussian noise with a standard deviation sampled for each image.

    Args:
        std: the largest standard deviation, in the unit range.
        least_std: the smallest.
    """

    def __init__(self, *, std: float = 0.05, least_std: float = 0.0) -> None:
        if not 0 <= least_std <= std:
            raise ValueError(f"std and least_std must satisfy 0 <= least_std <= std, got {std} and {least_std}")
        self.std, self.least_std = std, least_std

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return the noisy batch, kept in the unit range."""
        level = per_image(uniform(len(images), self.least_std, self.std), images)
        return torch.addcmul(images, torch.randn_like(images), level).clamp(0, 1)
