"""One table from the predictions of several models: of each image the mean of all that have predicted it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from radiobundle.evaluation.predictions.pairing import in_order
from radiobundle.evaluation.predictions.table import Predictions, own_patient


def pool(tables: Sequence[Predictions], *, names: Sequence[str]) -> Predictions:
    """Return all images of the tables once, with the mean of their probabilities.

    Folds give images of their own, seeds the same ones. Everything else of an image is that of the first table with it.

    Args:
        tables: of the same labels and task.
        names: of the tables, for messages.

    Raises:
        ValueError: labels, task or an image's truth differ.
    """
    ordered = [
        in_order(table, tables[0], f"{name} cannot be put together with {names[0]}")
        for table, name in zip(tables, names, strict=True)
    ]
    joined = concatenate(ordered)
    image, firsts, image_of_row = np.unique(joined.images.astype(str), return_index=True, return_inverse=True)
    if len(differing := np.flatnonzero((joined.truth != joined.truth[firsts][image_of_row]).any(axis=1))):
        table = np.searchsorted(np.cumsum([len(table) for table in tables]), differing[0], side="right")
        raise ValueError(
            f"{names[table]} cannot be put together with {names[0]}: the truth of image "
            f"{str(joined.images[differing[0]])!r} differs; they are of different labels"
        )
    sums = np.zeros((len(image), len(joined.labels)))
    np.add.at(sums, image_of_row, joined.probabilities)
    means = sums / np.bincount(image_of_row)[:, None]
    rows = np.sort(firsts)
    return replace(joined.subset(rows), probabilities=means[image_of_row[rows]].clip(0, 1))


def concatenate(tables: Sequence[Predictions]) -> Predictions:
    """Return the rows of all tables, whose labels are in the same order; patients if any table knows them."""
    patients = [
        np.array([own_patient(str(image)) for image in table.images], dtype=object)
        if table.patient_ids is None
        else table.patient_ids.astype(object)
        for table in tables
    ]
    known = any(table.patient_ids is not None for table in tables)
    return replace(
        tables[0],
        images=np.concatenate([table.images.astype(object) for table in tables]),
        patient_ids=np.concatenate(patients) if known else None,
        splits=np.concatenate([table.splits.astype(object) for table in tables]),
        truth=np.concatenate([table.truth for table in tables]),
        probabilities=np.concatenate([table.probabilities for table in tables]),
        groups=pd.concat([table.groups for table in tables], ignore_index=True),
        notes=tuple(dict.fromkeys(note for table in tables for note in table.notes)),
    )
