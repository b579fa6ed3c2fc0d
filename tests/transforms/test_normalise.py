"""Normalisation."""

from __future__ import annotations

import torch

from radiobundle.transforms import StandardizeEachImage


def test_each_image_is_standardised_whatever_its_exposure(images: torch.Tensor) -> None:
    standard = StandardizeEachImage()
    torch.testing.assert_close(standard(images), standard(images * 0.5 + 0.3), atol=1e-4, rtol=1e-4)
    assert standard(images).std(dim=(2, 3), correction=0).sub(1).abs().max() < 1e-4
    assert not standard(torch.ones(1, 1, 4, 4)).any()
