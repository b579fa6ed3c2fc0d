"""The colours of the report, for pages on light and on dark backgrounds."""

from __future__ import annotations

from radiobundle.reporting.style import BLACK, BLUE, GRAY, GREEN, ORANGE, PURPLE, RED, SKY

_NAMED = {"blue": BLUE, "red": RED, "green": GREEN, "purple": PURPLE, "orange": ORANGE, "sky": SKY}


def palette() -> dict[str, dict[str, str]]:
    """Return colours by name; on dark backgrounds the two blues change places, and black becomes white."""
    return {
        "light": {**_NAMED, "gray": GRAY, "ink": BLACK},
        "dark": {**_NAMED, "blue": SKY, "sky": BLUE, "gray": "#A6A6A6", "ink": "#FFFFFF"},
    }
