"""Random augmentation that changes grey levels pixel by pixel, see `sampling`."""

from __future__ import annotations

import torch

from radiobundle.transforms.sampling import RandomAugmentation, Range, check_range, log_uniform, per_image, uniform


class RandomExposure(RandomAugmentation):
    """Vary gamma, contrast and brightness, as between X-ray units, detectors or image scanners.

    Args:
        gamma: range of the exponent, sampled evenly on a log scale.
        contrast: range of the factor about mid-grey, sampled evenly on a log scale.
        brightness: largest offset either way.

    >>> exposure = RandomExposure(gamma=(0.8, 1.25))
    >>> exposure.apply(torch.full((1, 1, 1, 1), 0.5), torch.tensor([[2.0], [1.0], [0.1]]))
    tensor([[[[0.3500]]]])
    """

    def __init__(self, *, gamma: Range = (1.0, 1.0), contrast: Range = (1.0, 1.0), brightness: float = 0.0) -> None:
        check_range("gamma", gamma, lowest=0.01)
        check_range("contrast", contrast, lowest=0.01)
        self.gamma, self.contrast, self.brightness = gamma, contrast, brightness

    def sample(self, count: int) -> torch.Tensor:
        """Sample (3, count): gamma, contrast, brightness of each image."""
        return torch.stack(
            [
                log_uniform(count, *self.gamma),
                log_uniform(count, *self.contrast),
                uniform(count, -self.brightness, self.brightness),
            ]
        )

    def apply(self, images: torch.Tensor, parameters: torch.Tensor) -> torch.Tensor:
        """Apply gamma, then contrast and brightness, and keep the unit range."""
        gamma, contrast, brightness = parameters
        offset = 0.5 + brightness - 0.5 * contrast
        exponent, factor, summand = per_image(torch.stack([gamma, contrast, offset]), images)
        return torch.addcmul(summand, images.clamp(0, 1) ** exponent, factor).clamp(0, 1)


class _RandomFactor(RandomAugmentation):
    """Scale the distance of grey levels from a fixed one."""

    fixed: float

    def __init__(self, *, factor: Range) -> None:
        check_range("factor", factor, lowest=0)
        self.factor = factor

    def sample(self, count: int) -> torch.Tensor:
        """Sample (count,) factors."""
        return uniform(count, *self.factor)

    def apply(self, images: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        """Change each image by its factor and keep the unit range."""
        return (self.fixed + (images - self.fixed) * per_image(factor, images)).clamp(0, 1)


class RandomContrast(_RandomFactor):
    """Move grey levels away from mid-grey, or towards it.

    Args:
        factor: range of the factor, sampled evenly.

    >>> RandomContrast().apply(torch.tensor([[[[0.25, 0.5]]]]), torch.tensor([1.5]))
    tensor([[[[0.1250, 0.5000]]]])
    """

    fixed = 0.5

    def __init__(self, *, factor: Range = (0.75, 1.5)) -> None:
        super().__init__(factor=factor)


class RandomBrightness(_RandomFactor):
    """Multiply grey levels.

    Args:
        factor: range of the factor, sampled evenly.

    >>> RandomBrightness().apply(torch.tensor([[[[0.25, 0.75]]]]), torch.tensor([1.2]))
    tensor([[[[0.3000, 0.9000]]]])
    """

    fixed = 0.0

    def __init__(self, *, factor: Range = (0.8, 1.2)) -> None:
        super().__init__(factor=factor)
