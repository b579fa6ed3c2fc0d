"""One table from the predictions of several models: of each image the mean of all that have predicted it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from radiobundle.evaluation.predictions.pairing import check_labels
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
    first = tables[0]
    total = pd.DataFrame()
    truth: dict[str, np.ndarray] = {}
    kept: list[Predictions] = []
    for table, name in zip(tables, names, strict=True):
        where = f"{name} cannot be put together with {names[0]}"
        check_labels(table, first, where)
        columns = [table.labels.index(label) for label in first.labels]
        ordered = replace(
            table, labels=first.labels, truth=table.truth[:, columns], probabilities=table.probabilities[:, columns]
        )
        for image, given in zip(ordered.images, ordered.truth, strict=True):
            if not np.array_equal(truth.setdefault(str(image), given), given):
                raise ValueError(f"{where}: the truth of image {str(image)!r} differs; they are of different labels")
        found = pd.DataFrame(ordered.probabilities, index=ordered.images.astype(object)).assign(count=1)
        is_new = ~np.isin(ordered.images.astype(object), total.index.to_numpy(object))
        total = found if total.empty else total.add(found, fill_value=0)
        kept.append(ordered.subset(is_new))
    joined = _concatenated(kept)
    sums = total.loc[joined.images.astype(object)]
    means = sums.drop(columns="count").to_numpy() / sums[["count"]].to_numpy()
    return replace(joined, probabilities=means.clip(0, 1))


def _concatenated(tables: Sequence[Predictions]) -> Predictions:
    patients = [
        np.array([own_patient(str(image)) for image in table.images], dtype=object)
        if table.patient_ids is None
        else table.patient_ids.astype(object)
        for table in tables
    ]
    known = any(table.patient_ids is not None for table in tables)
    return Predictions(
        images=np.concatenate([table.images.astype(object) for table in tables]),
        patient_ids=np.concatenate(patients) if known else None,
        splits=np.concatenate([table.splits.astype(object) for table in tables]),
        labels=tables[0].labels,
        truth=np.concatenate([table.truth for table in tables]),
        probabilities=np.concatenate([table.probabilities for table in tables]),
        groups=pd.concat([table.groups for table in tables], ignore_index=True),
        task=tables[0].task,
    )
