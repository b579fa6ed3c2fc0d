"""Label cells as people write them."""

# ruff: noqa: RUF005 - cases are added to cases
from __future__ import annotations

import numpy as np
import pytest

from radiobundle.sources.label_values import label_value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("1.0", 1), (" Yes ", 1), ("TRUE", 1), ("Positive", 1), ("0", 0), ("0.0", 0), ("no", 0), ("False", 0)]
    + [("NEGATIVE", 0), ("-1.0", -1), ("uncertain", -1), ("", np.nan), ("nan", np.nan), ("NA", np.nan)]
    + [("2", None), ("0.5", None), ("unknown", None), ("?", None), ("maybe not", None)]
    + [
        ("0_1", None),
        ("inf", None),
        ("-", None),
        ("\u200b1", 1),
        ("\uff11", 1),
        ("\u22121", -1),
        ("'1", 1),
        ('="0"', 0),
    ],
)
def test_label_cell(text: str, value: float | None) -> None:
    assert label_value(text) == pytest.approx(value, nan_ok=True) if value is not None else label_value(text) is None
