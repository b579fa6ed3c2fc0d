"""The table of all scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from radiobundle.explain.localisation_scores import score_localisation


def test_rows_say_each_measure_beside_its_baselines() -> None:
    count = 12
    pairs = pd.DataFrame(
        {
            "finding": ["Mass"] * 10 + ["Nodule"] * 2,
            "patient_id": [f"p{index // 2}" for index in range(count)],
            "hit": [True] * 6 + [False] * 6,
            "centre_hit": [False] * count,
            "box_fraction": [0.1] * 10 + [0.02] * 2,
            "iou": [np.nan] * 2 + [0.5] * 4 + [0.25] * 4 + [0.1] * 2,
            "iou_centre": [0.2] * count,
            "energy": np.linspace(0.1, 0.9, 10).tolist() + [0.0] * 2,
            "energy_centre": [0.3] * count,
        }
    )
    mass, nodule, everything, mean = score_localisation(pairs, labels=["Mass", "Nodule", "Hernia"], resamples=200)
    assert (mass["finding"], mass["patients"], mass["accuracy"]) == ("Mass", 5, 0.6)
    assert mass["iou"]["value"] == pytest.approx(0.375) and mass["iou"]["pairs"] == 8 and mass["iou"]["low"] is None
    assert mass["energy"]["value"] == pytest.approx(0.5) and mass["energy"]["low"] < 0.5 < mass["energy"]["high"]
    assert mass["energy"]["blind"] == pytest.approx(0.1) and mass["energy"]["centre"] == pytest.approx(0.3)
    assert nodule["energy"] == {"value": 0, "low": None, "high": None, "centre": 0.3, "blind": 0.02, "pairs": 2}
    assert everything["pairs"] == 12 and everything["patients"] == 6
    assert mean["energy"]["value"] == pytest.approx(0.25) and "low" not in mean["energy"]
