"""Random augmentation of gray levels."""

from __future__ import annotations

import torch

from operator_count import OperatorCount
from radiobundle.transforms import RandomBrightness, RandomContrast, RandomExposure


def test_contrast_keeps_mid_gray_and_ends_at_the_unit_range() -> None:
    grays = torch.tensor([0.0, 0.4, 0.5, 0.7, 1.0]).reshape(1, 1, 1, 5)
    changed = RandomContrast().apply(grays, torch.tensor([1.5])).flatten()
    torch.testing.assert_close(changed, torch.tensor([0.0, 0.35, 0.5, 0.8, 1.0]))


def test_factors_are_drawn_evenly() -> None:
    factors = RandomContrast(factor=(0.75, 1.5)).sample(4000)
    assert factors.min() >= 0.75 and factors.max() <= 1.5
    torch.testing.assert_close(factors.mean(), torch.tensor(1.125), atol=0.02, rtol=0)


def test_brightness_multiplies() -> None:
    changed = RandomBrightness().apply(torch.full((2, 1, 1, 1), 0.5), torch.tensor([0.8, 1.2]))
    torch.testing.assert_close(changed.flatten(), torch.tensor([0.4, 0.6]))


def test_exposure_is_gamma_then_contrast_then_brightness_in_few_kernels(images: torch.Tensor) -> None:
    exposure = RandomExposure(gamma=(0.5, 2), contrast=(0.5, 2), brightness=0.2)
    parameters = exposure.sample(len(images))
    gamma, contrast, brightness = (row[:, None, None, None] for row in parameters)
    expected = ((images**gamma - 0.5) * contrast + 0.5 + brightness).clamp(0, 1)
    torch.testing.assert_close(exposure.apply(images, parameters), expected, atol=1e-6, rtol=0)
    with OperatorCount("meta") as count:
        exposure.apply(images.to("meta"), parameters)
    assert dict(count.found["others"]) == {"_to_copy": 2, "clamp": 2, "pow": 1, "addcmul": 1}  # a copy is of the images
