"""What all random augmentations of a batch have in common."""

from __future__ import annotations

import pytest
import torch

from radiobundle.transforms import (
    RandomAffine,
    RandomBlur,
    RandomBrightness,
    RandomContrast,
    RandomCrop,
    RandomExposure,
    RandomNoise,
    RandomSharpness,
)

ALL = [
    RandomAffine(degrees=15, zoom=(0.8, 1.2), stretch=1.2, shift=0.1, flip=0.5),
    RandomExposure(gamma=(0.5, 2), contrast=(0.5, 2), brightness=0.2),
    RandomSharpness(),
    RandomNoise(std=0.1),
    RandomAffine(shear=8, shift=0.2, outside="zeros"),
    RandomCrop(fraction=0.1),
    RandomBlur(sigma_px=(0.3, 1), probability=1.0),
    RandomContrast(factor=(0.75, 1.5)),
    RandomBrightness(factor=(0.8, 1.2)),
]


@pytest.mark.parametrize("transform", ALL, ids=lambda transform: type(transform).__name__)
def test_augmentation_keeps_shape_and_range(transform: object, images: torch.Tensor) -> None:
    changed = transform(images)  # type: ignore[operator]
    assert changed.shape == images.shape
    assert changed.min() >= 0 and changed.max() <= 1
    assert not torch.equal(changed, images)


@pytest.mark.parametrize("transform", ALL, ids=lambda transform: type(transform).__name__)
def test_seed_repeats_the_augmentation(transform: object, images: torch.Tensor) -> None:
    results = []
    for _ in range(2):
        torch.manual_seed(3)
        results.append(transform(images))  # type: ignore[operator]
    assert torch.equal(*results)


@pytest.mark.parametrize("transform", ALL, ids=lambda transform: type(transform).__name__)
def test_each_image_has_its_own_parameters(transform: object, images: torch.Tensor) -> None:
    same = images[:1].expand(8, -1, -1, -1)
    changed = transform(same)  # type: ignore[operator]
    assert len({tuple(image.flatten().tolist()) for image in changed}) == 8


NEUTRAL = [
    RandomAffine(),
    RandomCrop(fraction=0),
    RandomExposure(),
    RandomContrast(factor=(1, 1)),
    RandomBrightness(factor=(1, 1)),
    RandomSharpness(amount=(0, 0)),
    RandomBlur(sigma_px=(1, 1), probability=0),
    RandomNoise(std=0),
]


@pytest.mark.parametrize("transform", NEUTRAL, ids=lambda transform: type(transform).__name__)
def test_neutral_options_change_nothing(transform: object, images: torch.Tensor) -> None:
    torch.testing.assert_close(transform(images), images)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: RandomAffine(zoom=(1.2, 0.8)), "zoom"),
        (lambda: RandomAffine(flip=2), "flip"),
        (lambda: RandomAffine(stretch=0.5), "stretch"),
        (lambda: RandomAffine(shear=90), "shear"),
        (lambda: RandomAffine(outside="mirror"), "use border or zeros"),
        (lambda: RandomCrop(fraction=0.5), "fraction"),
        (lambda: RandomExposure(gamma=(0, 1)), "gamma"),
        (lambda: RandomContrast(factor=(2, 1)), "factor"),
        (lambda: RandomBrightness(factor=(-1, 1)), "factor"),
        (lambda: RandomSharpness(size_px=4), "odd"),
        (lambda: RandomBlur(sigma_px=(-1, 1)), "sigma_px"),
        (lambda: RandomBlur(probability=1.1), "probability"),
        (lambda: RandomNoise(std=-1), "std"),
        (lambda: RandomNoise(std=0.1, least_std=0.2), "least_std"),
    ],
)
def test_wrong_option_is_named(make: object, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        make()  # type: ignore[operator]
