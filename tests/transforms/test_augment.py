"""Random changes of a batch."""

from __future__ import annotations

import pytest
import torch

from radiobundle.transforms import RandomAffine, RandomExposure, RandomNoise, RandomSharpness

ALL = [
    RandomAffine(degrees=15, zoom=(0.8, 1.2), stretch=1.2, shift=0.1, flip=0.5),
    RandomExposure(gamma=(0.5, 2), contrast=(0.5, 2), brightness=0.2),
    RandomSharpness(),
    RandomNoise(std=0.1),
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


def test_neutral_options_change_nothing(images: torch.Tensor) -> None:
    torch.testing.assert_close(RandomAffine()(images), images)
    torch.testing.assert_close(RandomExposure()(images), images)
    torch.testing.assert_close(RandomSharpness(amount=(0, 0))(images), images)
    torch.testing.assert_close(RandomNoise(std=0)(images), images)


def test_certain_flip_mirrors_left_and_right(images: torch.Tensor) -> None:
    torch.testing.assert_close(RandomAffine(flip=1.0)(images), images.flip(3))


def test_zoom_above_one_enlarges_the_centre() -> None:
    square = torch.zeros(1, 1, 40, 40)
    square[..., 15:25, 15:25] = 1
    assert RandomAffine(zoom=(2, 2))(square).sum().item() == pytest.approx(400, rel=0.1)
    assert RandomAffine(zoom=(0.5, 0.5))(square).sum().item() == pytest.approx(25, rel=0.1)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: RandomAffine(zoom=(1.2, 0.8)), "zoom"),
        (lambda: RandomAffine(flip=2), "flip"),
        (lambda: RandomAffine(stretch=0.5), "stretch"),
        (lambda: RandomExposure(gamma=(0, 1)), "gamma"),
        (lambda: RandomSharpness(size_px=4), "odd"),
        (lambda: RandomNoise(std=-1), "std"),
    ],
)
def test_wrong_option_is_named(make: object, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        make()  # type: ignore[operator]
