"""Rows that belong together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiobundle.sources.linked_rows import linked_groups


def test_linked_groups_follow_chains_and_ignore_nan() -> None:
    first = pd.Series(["a", "a", None, "b", None])
    second = pd.Series([np.nan, 1, 1, np.nan, np.nan])
    assert linked_groups(5, [first, second]).tolist() == [0, 0, 0, 1, 2]
    assert linked_groups(2, []).tolist() == [0, 1]
