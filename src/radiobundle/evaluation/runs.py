"""One model's predictions on one split, from a run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from radiobundle.evaluation.fitting.thresholds import Thresholds
from radiobundle.evaluation.origin import thresholds_beside
from radiobundle.evaluation.predictions.csv import read_predictions
from radiobundle.evaluation.predictions.shared_patients import shared_patient_notes
from radiobundle.evaluation.predictions.studies import Judged, OverViews, Unit, judged_by
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.labels import Task
from radiobundle.suggest import did_you_mean


@dataclass(frozen=True)
class Run:
    """One model's predictions on one split, its thresholds if it has any, their unit, and what a reader must know."""

    path: Path
    predictions: Predictions
    thresholds: Thresholds | None
    judged: Judged
    notes: tuple[str, ...] = ()


def predictions_file(run: str | Path) -> Path:
    """Return the path of the predictions in a run's folder; a file is returned unchanged.

    Raises:
        ValueError: there is no such folder or file, or the folder has no predictions.
    """
    path = Path(run)
    if not path.exists():
        near = [str(path.parent / other.name) for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise ValueError(f"{run}: no such folder or file{did_you_mean(str(run), near)}")
    if not path.is_dir():
        return path
    if not (path / "predictions.csv").is_file():
        raise ValueError(f"{run}: holds no predictions.csv; name the CSV itself or evaluate the run first")
    return path / "predictions.csv"


def load_run(
    run: str | Path,
    *,
    split: str | None = None,
    task: Task | None = None,
    column_map: Mapping[str, str] | None = None,
    by: Unit = "image",
    over_views: OverViews = "max",
) -> Run:
    """Read a run: a folder with predictions.csv (and perhaps thresholds.json), or such a CSV.

    For the thresholds see `thresholds_beside`.

    Raises:
        ValueError: there are no predictions, the split is ambiguous, or the thresholds are of other predictions; the
            message names the file.
    """
    path = predictions_file(run)
    table, judged = judged_by(read_predictions(path, task=task, column_map=column_map), by, over_views)
    names = table.split_names
    if split is None:
        split = "test" if "test" in names else names[0]
        if "test" not in names and len(names) > 1:
            raise ValueError(f"{path}: has splits {', '.join(names)} but no test; choose one with `split`")
    try:
        chosen = table.of_split(split)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    thresholds, notes = thresholds_beside(path, table, by=judged.unit, split=split)
    return Run(path.resolve(), chosen, thresholds, judged, (*table.notes, *shared_patient_notes(table), *notes))
