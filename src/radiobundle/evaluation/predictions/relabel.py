"""The same predictions under two versions of the labels: those of the run, and those of another datalist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from radiobundle.datalists.datalist_file import Datalist
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.labels import IGNORED, hard_labels
from radiobundle.suggest import did_you_mean


@dataclass(frozen=True)
class Relabelled:
    """Predictions for the images and labels that both versions judge.

    Attributes:
        before: with the run's own labels; a label that one of the versions ignores is ignored in both.
        after: with the datalist's.
        images_left_out: number of images that the datalist does not have.
        changes: of each label, how many images it `became_present` and `became_absent` in, out of `compared`.
    """

    before: Predictions
    after: Predictions
    images_left_out: int
    changes: dict[str, dict[str, int]]


def relabel(
    predictions: Predictions, datalist: Datalist, *, name: str, label_map: Mapping[str, str | None] | None = None
) -> Relabelled:
    """Put the labels of a datalist beside those that predictions were made with.

    Args:
        predictions: of one split.
        datalist: of the same task; its splits do not matter.
        name: of the datalist, for messages.
        label_map: from labels of the list to those of the predictions, or to None: such images count in neither
            version; None: both have the same names.

    Raises:
        ValueError: it is of another task, lacks a label, or has none of the images; the message names what is missing.
    """
    if datalist.task != predictions.task:
        raise ValueError(f"{name}: is {datalist.task}, the predictions are {predictions.task}")
    target = {label: label for label in datalist.labels} if label_map is None else label_map
    sources = [
        [index for index, own in enumerate(datalist.labels) if target.get(own) == label] for label in predictions.labels
    ]
    if missing := [label for label, found in zip(predictions.labels, sources, strict=True) if not found]:
        hint = did_you_mean(missing[0], datalist.labels)
        raise ValueError(f"{name}: has no label '{missing[0]}' of the predictions{hint}")
    items = {item["image"]: item["label"] for split in datalist.splits.values() for item in split}
    rows = np.array([row for row, image in enumerate(predictions.images) if str(image) in items], dtype=int)
    if not len(rows):
        example = str(predictions.images[0])
        raise ValueError(f"{name}: has none of the {len(predictions)} images, for example {example!r}")
    shared = predictions.subset(rows)
    listed = hard_labels([items[str(image)] for image in shared.images])
    truth = np.stack([_any_of(listed[:, found]) for found in sources], axis=1)
    unknown = (truth == IGNORED) | (shared.truth == IGNORED)
    if predictions.task == "multiclass":  # an image has one class; none: one that the predictions do not know
        unknown |= unknown.any(axis=1, keepdims=True) | (truth != 1).all(axis=1, keepdims=True)
    before, after = (np.where(unknown, IGNORED, given) for given in (shared.truth, truth))
    changes = {
        label: {
            "compared": int((~unknown[:, index]).sum()),
            "became_present": int(((before == 0) & (after == 1))[:, index].sum()),
            "became_absent": int(((before == 1) & (after == 0))[:, index].sum()),
        }
        for index, label in enumerate(predictions.labels)
    }
    left_out = len(predictions) - len(rows)
    return Relabelled(replace(shared, truth=before), replace(shared, truth=after), left_out, changes)


def _any_of(values: np.ndarray) -> np.ndarray:
    """Return whether any of several labels (N, labels) is present: 1, 0 or ignored, (N,)."""
    return np.where((values == 1).any(axis=1), 1, np.where((values == IGNORED).any(axis=1), IGNORED, 0))
