"""The colours of the report, for pages on light and on dark backgrounds."""

from __future__ import annotations

from radiobundle.reporting.style import BLACK, BLUE, COLOURS, GRAY, GREEN, ORANGE, PURPLE, RED, SKY

_NAMED = {"blue": BLUE, "red": RED, "green": GREEN, "purple": PURPLE, "orange": ORANGE, "sky": SKY}
_LIGHT = {**_NAMED, "gray": GRAY, "ink": BLACK}
_DARK = {**_NAMED, "blue": SKY, "sky": BLUE, "gray": "#A6A6A6", "ink": "#FFFFFF"}


def palette() -> dict[str, dict[str, object]]:
    """Return colours by name, and `series`, the order in which they are given to classes.

    On dark backgrounds the two blues change places, and black becomes white.
    """
    return {"light": {**_LIGHT, "series": _series(_LIGHT)}, "dark": {**_DARK, "series": _series(_DARK)}}


def _series(colours: dict[str, str]) -> list[str]:
    names = {colour: name for name, colour in _LIGHT.items()}
    return [colours[names[colour]] for colour in COLOURS]
