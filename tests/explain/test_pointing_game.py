"""The pointing game."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from radiobundle.explain.pointing_game import covered_fraction, hottest_spot, is_inside, score_pointing

BOX = {"label": "Mass", "x": 0.25, "y": 0.5, "width": 0.25, "height": 0.125}


def test_flat_map_points_nowhere_and_misses() -> None:
    x, y = hottest_spot(np.zeros((4, 4)))
    assert np.isnan(x) and np.isnan(y) and not is_inside(x, y, [BOX])


def test_boxes_are_hit_inside_only() -> None:
    assert is_inside(0.3, 0.6, [BOX]) and is_inside(0.25, 0.5, [BOX])
    assert not is_inside(0.6, 0.3, [BOX])
    assert covered_fraction([BOX, BOX]) == pytest.approx(0.25 * 0.125)


def test_scores_are_counts_with_wilson_intervals() -> None:
    points = pd.DataFrame(
        {
            "finding": ["Mass"] * 10 + ["Nodule"] * 2,
            "hit": [True] * 8 + [False] * 2 + [False] * 2,
            "centre_hit": [False] * 12,
            "box_fraction": [0.1] * 12,
        }
    )
    scores = score_pointing(points, labels=["Nodule", "Mass", "Hernia"]).set_index("finding")
    assert list(scores.index) == ["Nodule", "Mass", "all pairs", "mean over findings"]
    assert scores.loc["Mass", "accuracy"] == 0.8
    assert scores.loc["Mass", ["low", "high"]].tolist() == pytest.approx([0.4902, 0.9433], abs=1e-3)
    assert scores.loc["all pairs", "accuracy"] == pytest.approx(8 / 12)
    assert scores.loc["mean over findings", "accuracy"] == pytest.approx(0.4)
