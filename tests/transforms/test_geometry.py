"""Random augmentation that moves pixels."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from operator_count import OperatorCount
from radiobundle.transforms import RandomAffine, RandomCrop


def test_certain_flip_mirrors_left_and_right(images: torch.Tensor) -> None:
    torch.testing.assert_close(RandomAffine(flip=1.0)(images), images.flip(3))


def test_resampling_is_that_of_affine_grid(images: torch.Tensor) -> None:
    affine = RandomAffine(degrees=20, zoom=(0.7, 1.4), stretch=1.2, shift=0.1, shear=5)
    matrices = affine.sample(len(images))
    grid = functional.affine_grid(matrices, list(images.shape), align_corners=False)
    expected = functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
    for _ in range(2):  # the second time, the points are those of the first
        assert torch.equal(affine.apply(images, matrices), expected)


def test_resampling_needs_few_kernels(images: torch.Tensor) -> None:
    affine = RandomAffine(degrees=20)
    matrices = affine.sample(len(images))
    affine.apply(images, matrices)
    with OperatorCount("cpu") as count:
        affine.apply(images, matrices)
    assert dict(count.found["others"]) == {"bmm": 1, "grid_sampler_2d": 1}


def test_zoom_above_one_enlarges_the_centre() -> None:
    square = torch.zeros(1, 1, 40, 40)
    square[..., 15:25, 15:25] = 1
    assert RandomAffine(zoom=(2, 2))(square).sum().item() == pytest.approx(400, rel=0.1)
    assert RandomAffine(zoom=(0.5, 0.5))(square).sum().item() == pytest.approx(25, rel=0.1)


def test_shear_moves_rows_sideways_by_their_distance_from_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "rand", torch.ones)  # the largest of each range
    column = torch.zeros(1, 1, 101, 101)
    column[..., 50] = 1
    sheared = RandomAffine(shear=20)(column)[0, 0]
    centres = (sheared * torch.arange(101.0)).sum(1) / sheared.sum(1)
    expected = 50 - math.tan(math.radians(20)) * (torch.arange(101.0) - 50)
    torch.testing.assert_close(centres, expected, atol=0.05, rtol=0)


@pytest.mark.parametrize(("outside", "corner"), [("border", 1.0), ("zeros", 0.0)])
def test_what_comes_in_from_outside_is_as_asked(outside: str, corner: float) -> None:
    shrunk = RandomAffine(zoom=(0.5, 0.5), outside=outside)(torch.ones(1, 1, 20, 20))
    assert shrunk[0, 0, 0, 0].item() == corner


def test_crop_cuts_each_side_by_its_own_fraction() -> None:
    ramp = torch.arange(100.0).expand(1, 1, 100, 100)
    cropped = RandomCrop().apply(ramp, torch.tensor([[0.1], [0.05], [0.0], [0.08]]))[0, 0]
    assert cropped[:, 0].mean().item() == pytest.approx(10, abs=0.5)
    assert cropped[:, -1].mean().item() == pytest.approx(94, abs=0.5)


def test_crop_samples_up_to_the_largest_fraction_for_each_side() -> None:
    sampled = RandomCrop(fraction=0.1).sample(1000)
    assert sampled.shape == (4, 1000)
    assert 0 <= sampled.min() < 0.001 and 0.099 < sampled.max() <= 0.1
