"""Remarks about a table of answers."""

from __future__ import annotations

import pandas as pd

from radiobundle.serving.table import is_unusual


def test_remark_is_made_of_unusual_images_only() -> None:
    assert is_unusual(pd.Series({"ood_score": 0.995})) and not is_unusual(pd.Series({"ood_score": 0.99}))
    assert not is_unusual(pd.Series({"prob:a": 0.5}))
