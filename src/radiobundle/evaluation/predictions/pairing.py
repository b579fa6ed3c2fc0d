"""Bring the predictions of several models onto the same images, or refuse and say why."""

from __future__ import annotations

from collections.abc import Sequence

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
    aligned = [first]
    for table, name in zip(tables[1:], names[1:], strict=True):
        where = f"{name} cannot be compared with {names[0]}"
        if set(table.labels) != set(first.labels):
            missing = [label for label in first.labels if label not in table.labels]
            extra = [label for label in table.labels if label not in first.labels]
            odd = (missing or extra)[0]
            hint = did_you_mean(odd, extra if missing else first.labels)
            raise ValueError(f"{where}: labels differ (missing {missing}, extra {extra}){hint}")
        if table.task != first.task:
            raise ValueError(f"{where}: one is {first.task}, the other {table.task}; give `task`")
        order = [table.labels.index(label) for label in first.labels]
        rows = pd.Index(table.images.astype(object)).get_indexer(pd.Index(first.images.astype(object)))
        absent = int((rows < 0).sum())
        surplus = len(table) - (len(first) - absent)
        if absent or surplus:
            example = first.images[rows < 0][0] if absent else next(iter(set(table.images) - set(first.images)))
            raise ValueError(
                f"{where}: images differ ({absent} missing, {surplus} extra, for example {example!r}). Paired "
                "differences need the same images: evaluate both models on one datalist"
            )
        moved = table.subset(rows)
        truth, probabilities = moved.truth[:, order], moved.probabilities[:, order]
        different = np.argwhere(truth != first.truth)
        if len(different):
            row, column = different[0]
            raise ValueError(
                f"{where}: the truth differs at {len(different)} places, for example image {first.images[row]!r}, "
                f"label {first.labels[column]!r}; they were judged by different labels"
            )
        aligned.append(
            Predictions(
                images=first.images,
                patient_ids=first.patient_ids,
                splits=first.splits,
                labels=first.labels,
                truth=truth,
                probabilities=probabilities,
                groups=first.groups,
                task=first.task,
            )
        )
    return aligned
