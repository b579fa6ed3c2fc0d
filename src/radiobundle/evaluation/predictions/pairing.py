"""Align the predictions of several models on the same images, or refuse and say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.suggest import did_you_mean


def align(tables: Sequence[Predictions], *, names: Sequence[str]) -> list[Predictions]:
    """Return the tables with images and labels in the order of the first.

    Raises:
        ValueError: labels, images, truth or task differ; a paired comparison would then compare different things.
    """
    first = tables[0]
    return [first, *(_aligned(table, first, name, names[0]) for table, name in zip(tables[1:], names[1:], strict=True))]


def _aligned(table: Predictions, first: Predictions, name: str, reference: str) -> Predictions:
    where = f"{name} cannot be compared with {reference}"
    table = in_order(table, first, where)
    rows = pd.Index(table.images.astype(object)).get_indexer(pd.Index(first.images.astype(object)))
    _check_images(table, first, rows, where)
    if len(different := np.argwhere(table.truth[rows] != first.truth)):
        row, column = different[0]
        raise ValueError(
            f"{where}: the truth differs in {len(different)} labels, for example image {first.images[row]!r}, label "
            f"{first.labels[column]!r}; they were evaluated against different labels"
        )
    return replace(first, probabilities=table.probabilities[rows])


def in_order(table: Predictions, first: Predictions, where: str) -> Predictions:
    """Return a table with its labels in the order of the first; `where` begins the message if they differ."""
    check_labels(table, first, where)
    columns = [table.labels.index(label) for label in first.labels]
    truth, probabilities = table.truth[:, columns], table.probabilities[:, columns]
    return replace(table, labels=first.labels, truth=truth, probabilities=probabilities)


def check_labels(table: Predictions, first: Predictions, where: str) -> None:
    """Raise ValueError if two tables are of other labels or tasks; `where` begins the message."""
    missing = [label for label in first.labels if label not in table.labels]
    extra = [label for label in table.labels if label not in first.labels]
    if missing or extra:
        hint = did_you_mean((missing or extra)[0], extra if missing else first.labels)
        raise ValueError(f"{where}: labels differ (missing {missing}, extra {extra}){hint}")
    if table.task != first.task:
        raise ValueError(f"{where}: one task is {first.task}, the other {table.task}; give `task`")


def _check_images(table: Predictions, first: Predictions, rows: np.ndarray, where: str) -> None:
    absent = int((rows < 0).sum())
    surplus = len(table) - (len(first) - absent)
    if absent or surplus:
        example = first.images[rows < 0][0] if absent else next(iter(set(table.images) - set(first.images)))
        raise ValueError(
            f"{where}: images differ ({absent} missing, {surplus} extra, for example {example!r}). Paired differences "
            "need the same images: evaluate both models on the same datalist"
        )
