"""Random noise."""

from __future__ import annotations

import torch

from radiobundle.transforms import RandomNoise


def test_noise_has_the_standard_deviation_asked_for() -> None:
    gray = torch.full((4, 1, 100, 100), 0.5)
    noise = RandomNoise(std=0.05, least_std=0.05)(gray) - gray
    torch.testing.assert_close(noise.std(), torch.tensor(0.05), atol=0.001, rtol=0)


def test_each_image_has_its_own_standard_deviation() -> None:
    torch.manual_seed(0)
    levels = (RandomNoise(std=0.1)(torch.full((200, 1, 40, 40), 0.5)) - 0.5).flatten(1).std(1)
    assert levels.min() < 0.01 and levels.max() > 0.09
