"""Heat on a region of an image of another size."""

from __future__ import annotations

import numpy as np
import pytest

from radiobundle.explain.regions import covered, energy_on
from radiobundle.transforms.border import border_mask


@pytest.mark.parametrize("size_px", [(25, 32), (50, 80), (96, 96)])
def test_even_map_has_as_much_heat_on_a_region_as_it_has_area(size_px: tuple[int, int]) -> None:
    mask = border_mask((100, 200), 0.1)
    assert energy_on(np.ones(size_px), covered(mask, size_px)) == pytest.approx(mask.mean(), abs=0.02)


def test_heat_inside_and_outside_and_none() -> None:
    cover = covered(border_mask((40, 40), 0.1), (40, 40))
    spot = np.zeros((40, 40))
    spot[20, 20] = 5
    assert energy_on(spot, cover) == 0 and energy_on(np.roll(spot, 20, 0), cover) == 1
    assert np.isnan(energy_on(np.zeros((40, 40)), cover))
