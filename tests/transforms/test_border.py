"""The border and the rest tell nothing of each other."""

from __future__ import annotations

import numpy as np
import pytest

from radiobundle.transforms import MaskBorder, OnlyBorder
from radiobundle.transforms.border import border_mask


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 255, (2, 50, 80)).astype(np.float32)


def test_border_is_as_wide_on_all_sides_of_an_oblong_image() -> None:
    mask = border_mask((50, 80), 0.1)
    assert mask.sum() == 50 * 80 - 40 * 70 and mask[:5].all() and mask[:, -5:].all() and not mask[5:-5, 5:-5].any()


def test_masking_hides_all_that_is_on_the_border_and_keeps_all_inside() -> None:
    inside, border = noise(0), noise(1)
    mask = border_mask(inside.shape[1:], 0.1)
    first, second = np.where(mask, border, inside), np.where(mask, 0, inside)
    found = MaskBorder(0.1)(first)
    np.testing.assert_array_equal(found, MaskBorder(0.1)(second))
    np.testing.assert_array_equal(found[:, ~mask], inside[:, ~mask])
    assert found.dtype == np.float32 and not np.array_equal(first, second)


def test_only_the_border_hides_all_that_is_inside() -> None:
    inside, border = noise(0), noise(1)
    mask = border_mask(inside.shape[1:], 0.1)
    found = OnlyBorder(0.1)(np.where(mask, border, inside))
    np.testing.assert_array_equal(found, OnlyBorder(0.1)(np.where(mask, border, 7)))
    np.testing.assert_array_equal(found[:, mask], border[:, mask])


def test_each_channel_takes_its_own_mean() -> None:
    found = OnlyBorder(0.1)(np.stack([np.full((20, 20), 10.0), np.full((20, 20), 30.0)]))
    assert found[0].max() == 10 and found[1].min() == 30


@pytest.mark.parametrize("fraction", [0, 0.5, -0.1])
def test_impossible_fractions_are_refused_at_once(fraction: float) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 0\.5"):
        MaskBorder(fraction)


def test_image_of_nothing_but_border_is_named() -> None:
    with pytest.raises(ValueError, match="2 x 9 pixels is all border"):
        border_mask((9, 2), 0.1)
