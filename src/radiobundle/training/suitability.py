"""Check that a datalist suits the task of a network, before anything is read or trained."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np

from radiobundle.labels import Task, hard_labels
from radiobundle.training.data import Item

logger = logging.getLogger("radiobundle")


def training_items(data: Mapping[str, Sequence[Item]], *, labels: Sequence[str], task: Task) -> Sequence[Item]:
    """Return the items to train with, after checking them and those that choose the best epoch.

    A warning is given for a label that no training item has, or that does not have both values in validation.

    Args:
        data: items by split, see `load_items`.
        labels: of the network.
        task: "multiclass" or "multilabel".

    Raises:
        ValueError: there are no training or validation items, exclusive classes are not exclusive, or no label has both
            values in training or in validation.
    """
    for split, use in (("training", "train with"), ("validation", "choose the best epoch by")):
        if not data.get(split):
            raise ValueError(
                f"the datalist has no {split} items, so there is nothing to {use}; make it with `radiobundle datalist "
                "... --fractions 0.7,0.1,0.2` or `--validation-fraction 0.1`"
            )
        values = hard_labels([item["label"] for item in data[split]])
        if task == "multiclass":
            _refuse_several_classes(data[split], values, labels, split)
        _look_at_counts(values, labels, split)
    return data["training"]


def _refuse_several_classes(items: Sequence[Item], values: np.ndarray, labels: Sequence[str], split: str) -> None:
    present, is_complete = (values == 1).sum(axis=1), (values >= 0).all(axis=1)
    for words, is_odd in (("several", present > 1), ("none", is_complete & (present == 0))):
        odd = np.flatnonzero(is_odd)
        if len(odd):
            item = items[odd[0]]
            shown = [label for label, value in zip(labels, values[odd[0]], strict=True) if value == 1]
            raise ValueError(
                f"the bundle's classes exclude each other (task multiclass), but {len(odd)} of {len(items)} {split} "
                f"images have {words} of them, the first {item['name']}: {', '.join(shown) or 'none'}. Use a bundle "
                "of task multilabel, or a datalist whose images have one class each"
            )


def _look_at_counts(values: np.ndarray, labels: Sequence[str], split: str) -> None:
    positives, negatives = (values == 1).sum(axis=0), (values == 0).sum(axis=0)
    if not ((positives > 0) & (negatives > 0)).any():
        counts = _counts(labels, positives, negatives)
        raise ValueError(
            f"for no label do the {len(values)} {split} images include both values ({counts}), so "
            "nothing can be learned or compared. Use a datalist whose splits are stratified"
        )
    for label, present, absent in zip(labels, positives, negatives, strict=True):
        if present == 0 or absent == 0:
            what = "has" if present == 0 else "lacks"
            effect = "it cannot be learned" if split == "training" else "it is not used to choose the best epoch"
            logger.warning("no image of %s %s '%s': %s", split, what, label, effect)


def _counts(labels: Sequence[str], positives: np.ndarray, negatives: np.ndarray) -> str:
    rows = zip(labels, positives, negatives, strict=True)
    return ", ".join(f"{label}: {present} yes, {absent} no" for label, present, absent in rows)
