"""Train child labels only where their parents are present."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from radiobundle.datalists.hierarchy import ancestors, read_hierarchy
from radiobundle.labels import IGNORED, PRESENT_FROM


def given_parents(
    data: Mapping[str, Sequence[Mapping[str, Any]]], labels: Sequence[str], hierarchy: str
) -> dict[str, list[dict[str, Any]]]:
    """Return items in which, for training, a child is ignored where its nearest parent among the labels is not present.

    Source: Pham et al. 2019, "Interpreting chest X-rays via CNNs", section 3.2, conditional training. Other splits stay
    as they are, so that validation measures what is reported.

    Args:
        data: items by split, see `load_items`.
        labels: of the network.
        hierarchy: see `read_hierarchy`.

    >>> items = [{"label": [1, 1]}, {"label": [0, 0]}]
    >>> given_parents({"training": items}, ["Edema", "Lung Opacity"], "chexpert")["training"]
    [{'label': [1, 1]}, {'label': [-1, 0]}]
    """
    parents = read_hierarchy(hierarchy)
    nearest = [next((name for name in ancestors(label, parents) if name in labels), None) for label in labels]
    above = [None if parent is None else list(labels).index(parent) for parent in nearest]

    def masked(label: Sequence[float]) -> list[float]:
        return [
            value if parent is None or label[parent] >= PRESENT_FROM else IGNORED
            for value, parent in zip(label, above, strict=True)
        ]

    return {
        split: [{**item, "label": masked(item["label"])} if split == "training" else dict(item) for item in items]
        for split, items in data.items()
    }
