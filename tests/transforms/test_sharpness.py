"""Random blur."""

from __future__ import annotations

import torch
from scipy.ndimage import gaussian_filter

from radiobundle.transforms import RandomBlur


def test_blur_is_that_of_scipy(images: torch.Tensor) -> None:
    sigmas = torch.linspace(0.2, 1.5, len(images))
    blurred = RandomBlur(sigma_px=(0, 1.5)).apply(images, sigmas)
    for image, sigma, found in zip(images, sigmas, blurred, strict=True):
        expected = gaussian_filter(image[0].numpy(), float(sigma), mode="mirror", truncate=4 / float(sigma) * 1.5)
        torch.testing.assert_close(found[0], torch.from_numpy(expected), atol=1e-4, rtol=0)


def test_only_some_images_are_blurred() -> None:
    sigmas = RandomBlur(sigma_px=(0.5, 0.5), probability=0.2).sample(4000)
    assert set(sigmas.tolist()) == {0.0, 0.5}
    assert 0.17 < (sigmas > 0).float().mean() < 0.23
