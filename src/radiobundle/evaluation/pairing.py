"""Bring the predictions of several models onto the same images, or refuse and say why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.evaluation.predictions import Predictions, Task, read_predictions
from radiobundle.evaluation.thresholds import Thresholds, fit_thresholds, read_thresholds
from radiobundle.suggest import did_you_mean


@dataclass(frozen=True)
class Run:
    """One model's predictions on one split, and its thresholds if it has any."""

    path: Path
    predictions: Predictions
    thresholds: Thresholds | None


def load_run(
    run: str | Path,
    *,
    split: str | None = None,
    task: Task | None = None,
    column_map: Mapping[str, str] | None = None,
) -> Run:
    """Read a run: a folder with predictions.csv (and perhaps thresholds.json), or such a CSV.

    Raises:
        ValueError: no predictions there, or the split is not clear; the message names the folder.
    """
    path = Path(run)
    if path.is_dir():
        path = path / "predictions.csv"
        if not path.is_file():
            raise ValueError(f"{run}: holds no predictions.csv; name the CSV itself or evaluate the run first")
    table = read_predictions(path, task=task, column_map=column_map)
    names = table.split_names
    if split is None:
        split = "test" if "test" in names else names[0]
        if "test" not in names and len(names) > 1:
            raise ValueError(f"{path}: has splits {', '.join(names)} and no test; choose one with --split")
    thresholds = None
    stored = path.parent / "thresholds.json"
    if stored.is_file():
        thresholds = read_thresholds(stored)
    elif "validation" in names and split != "validation":
        thresholds = fit_thresholds(table.of_split("validation"))
    try:
        return Run(path.resolve(), table.of_split(split), thresholds)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def align(tables: Sequence[Predictions], *, names: Sequence[str]) -> list[Predictions]:
    """Return the tables with images and labels in the order of the first.

    Raises:
        ValueError: labels, images, truth or task differ; a paired comparison would then compare different
        things.
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
            raise ValueError(f"{where}: one is {first.task}, the other {table.task}; give --task")
        order = [table.labels.index(label) for label in first.labels]
        rows = pd.Index(table.images.astype(object)).get_indexer(pd.Index(first.images.astype(object)))
        absent = int((rows < 0).sum())
        surplus = len(table) - (len(first) - absent)
        if absent or surplus:
            example = first.images[rows < 0][0] if absent else next(iter(set(table.images) - set(first.images)))
            raise ValueError(
                f"{where}: images differ ({absent} missing, {surplus} extra, for example {example!r}). "
                "Paired "
                "differences need the same images: evaluate both models on one datalist"
            )
        moved = table.subset(rows)
        truth, probabilities = moved.truth[:, order], moved.probabilities[:, order]
        different = np.argwhere(truth != first.truth)
        if len(different):
            row, column = different[0]
            raise ValueError(
                f"{where}: the truth differs at {len(different)} places, for example image "
                f"{first.images[row]!r}, "
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
