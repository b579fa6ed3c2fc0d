"""Normalisation."""

from __future__ import annotations

import pytest
import torch

from radiobundle.transforms import StandardizeBy, StandardizeEachImage


def test_each_image_is_standardised_whatever_its_exposure(images: torch.Tensor) -> None:
    standard = StandardizeEachImage()
    torch.testing.assert_close(standard(images), standard(images * 0.5 + 0.3), atol=1e-4, rtol=1e-4)
    assert standard(images).std(dim=(2, 3), correction=0).sub(1).abs().max() < 1e-4
    assert not standard(torch.ones(1, 1, 4, 4)).any()


def test_given_numbers_standardise_each_channel(images: torch.Tensor) -> None:
    three = StandardizeBy(mean=[0.1, 0.2, 0.3], std=[1.0, 2.0, 4.0])
    grey = images[:, :1]
    assert torch.equal(three(grey), three(grey.expand(-1, 3, -1, -1)))  # a grey image becomes three channels
    torch.testing.assert_close(three(grey)[:, 2:], (grey - 0.3) / 4)
    torch.testing.assert_close(StandardizeBy(mean=0.5, std=1 / 2048)(torch.tensor([[[[0.0, 1.0]]]])),
                               torch.tensor([[[[-1024.0, 1024.0]]]]))  # fmt: skip


def test_channels_without_a_mean_and_deviations_of_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="2 channels, the normalisation has means for 3"):
        StandardizeBy(mean=[0, 0, 0], std=[1, 1, 1])(torch.zeros(1, 2, 4, 4))
    for mean, std in ((0.5, 0.0), ([0.5, 0.5], 1.0)):
        with pytest.raises(ValueError, match="one of both for each channel, and std above 0"):
            StandardizeBy(mean=mean, std=std)
