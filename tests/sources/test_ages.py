"""Ages as people write them."""

# ruff: noqa: RUF005 - cases are added to cases
from __future__ import annotations

import numpy as np
import pytest

from radiobundle.sources.ages import age_years


@pytest.mark.parametrize(
    ("text", "years"),
    [("058Y", 58), ("018M", 1.5), ("013M", 1.0833), ("001D", 0.0027), ("052W", 0.9966), ("414", 414), ("58 years", 58)]
    + [("58yo", 58), ("6 months", 0.5), ("58,5", 58.5), ("58-year-old", 58), ("0", 0)],
)
def test_age_is_in_years(text: str, years: float) -> None:
    assert age_years(text) == pytest.approx(years, abs=1e-4)


@pytest.mark.parametrize("text", ["", "nan", "NA", "unknown", "-", " "])
def test_unknown_age_is_nan(text: str) -> None:
    assert np.isnan(age_years(text))


@pytest.mark.parametrize("text", ["old", "58 parsecs", "-5", "Y058", "5-8"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an age in years"):
        age_years(text)
