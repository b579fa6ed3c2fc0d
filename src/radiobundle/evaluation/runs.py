"""One model's predictions on one split, as found in a run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from radiobundle.evaluation.fitting.thresholds import Thresholds, fit_thresholds, read_thresholds
from radiobundle.evaluation.predictions.csv import read_predictions
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.labels import Task


@dataclass(frozen=True)
class Run:
    """One model's predictions on one split, and its thresholds if it has any."""

    path: Path
    predictions: Predictions
    thresholds: Thresholds | None


def load_run(
    run: str | Path, *, split: str | None = None, task: Task | None = None, column_map: Mapping[str, str] | None = None
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
            raise ValueError(f"{path}: has splits {', '.join(names)} and no test; choose one with `split`")
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
