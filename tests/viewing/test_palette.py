"""The page's colours are those of the report."""

from __future__ import annotations

from radiobundle.reporting.style import COLOURS
from radiobundle.viewing.palette import palette


def test_every_colour_of_the_report_has_a_name() -> None:
    found = palette()
    assert set(COLOURS) <= set(found["light"].values()) and found["light"].keys() == found["dark"].keys()
    assert len(set(found["dark"].values())) == len(found["dark"])
