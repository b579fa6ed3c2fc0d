"""The boxes that people drew around findings, for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_SIDES = ("x", "y", "width", "height")


def boxes_of(items: Sequence[Mapping[str, Any] | None], labels: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the boxes of images by row, as text; without those that have none.

    Args:
        items: of the datalist, row by row; None where an image is not in it.
        labels: of the run; a box of another label, or of none, gets the label None.

    >>> box = {"label": "Mass", "x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4}
    >>> boxes_of([{}, {"boxes": [box]}], ["Mass"])
    {'1': [{'label': 0, 'x': 0.1, 'y': 0.2, 'width': 0.3, 'height': 0.4}]}
    """
    index = {label: at for at, label in enumerate(labels)}
    return {
        str(row): [
            {"label": index.get(box.get("label")), **{side: float(box[side]) for side in _SIDES}}
            for box in item["boxes"]
        ]
        for row, item in enumerate(items)
        if item is not None and item.get("boxes")
    }
