"""Children are taught where their parents are."""

from __future__ import annotations

from radiobundle.training import given_parents

LABELS = ["Pneumonia", "Consolidation", "Lung Opacity", "Fracture"]


def test_child_is_ignored_where_its_parent_is_not_present() -> None:
    items = [{"label": label} for label in ([1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 0], [0, -1, 1, 0])]
    found = given_parents({"training": items, "test": items}, LABELS, "chexpert")
    assert [item["label"] for item in found["training"]] == [
        [1, 1, 1, 0], [-1, 0, 1, 1], [-1, -1, 0, 0], [-1, -1, 1, 0],
    ]  # fmt: skip
    assert found["test"] == items
