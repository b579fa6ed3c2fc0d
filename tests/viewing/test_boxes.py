"""Boxes go to their row, with the label of the run if it has it."""

from __future__ import annotations

from radiobundle.viewing.boxes import boxes_of


def test_labels_of_others_are_none_and_empty_rows_left_out() -> None:
    sides = {"x": 0.25, "y": 0, "width": 0.5, "height": 1}
    items = [None, {"boxes": []}, {"boxes": [{"label": "nodule", **sides}, {"label": "hernia", **sides}, sides]}]
    found = boxes_of(items, ["mass", "nodule"])
    assert list(found) == ["2"] and [box["label"] for box in found["2"]] == [1, None, None]
    assert found["2"][0] == {"label": 1, **sides}
