"""Random augmentation of gray levels."""

from __future__ import annotations

import torch

from radiobundle.transforms import RandomBrightness, RandomContrast


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
