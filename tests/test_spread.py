"""Some of many, evenly."""

from __future__ import annotations

import numpy as np
import pytest

from radiobundle.spread import evenly_spread


@pytest.mark.parametrize(("count", "most"), [(0, 5), (1, 5), (5, 5), (6, 5), (1000, 64), (7, 1)])
def test_indices_differ_rise_and_reach_from_end_to_end(count: int, most: int) -> None:
    chosen = evenly_spread(count, most)
    assert len(chosen) == min(count, most) and (np.diff(chosen) > 0).all()
    assert set(chosen) <= set(range(count))
    assert most < 2 or not count or (chosen[0], chosen[-1]) == (0, count - 1)
