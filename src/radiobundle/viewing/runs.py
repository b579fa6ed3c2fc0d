"""The runs that a page shows: their predictions, and what they were made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from radiobundle.evaluation.choices import deciding_thresholds
from radiobundle.evaluation.compare import distinct_names
from radiobundle.evaluation.origin import thresholds_beside
from radiobundle.evaluation.predictions.csv import read_predictions
from radiobundle.evaluation.predictions.pairing import check_labels
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.evaluation.runs import predictions_file
from radiobundle.files import read_json
from radiobundle.labels import Task
from radiobundle.models.evaluated import require_current_evaluation

_MANIFESTS = ("evaluation.json", "run.json")  # what was evaluated counts, then what was trained


@dataclass(frozen=True)
class ViewedRun:
    """One run.

    Args:
        name: the shortest that tells it from the others.
        file: its predictions.
        predictions: of all splits that it has.
        thresholds: (labels,) those that decide; None: 0.5, or the most probable class.
        facts: its manifest: `datalist`, `config`, `weights_sha256`, as far as known.
        notes: what was changed or could not be understood when it was read.
    """

    name: str
    file: Path
    predictions: Predictions
    thresholds: np.ndarray | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Its folder."""
        return self.file.parent


def open_runs(runs: Sequence[str | Path], *, task: Task | None = None) -> list[ViewedRun]:
    """Read runs whose predictions can be shown side by side.

    Args:
        runs: folders with a predictions.csv, or such files.
        task: of the labels; None: inferred.

    Raises:
        ValueError: a run has no predictions, they belong to other weights, or its labels or task are not those of the
            first run.
        OSError: a file cannot be read.
    """
    for run in runs:
        if Path(run).suffix.lower() in (".zip", ".ts", ".onnx"):
            raise ValueError(f"{run}: a model without predictions; name the folder of the run that evaluated it")
    files = [predictions_file(run).resolve() for run in runs]
    require_current_evaluation(*(file.parent for file in files))
    names = distinct_names(files)
    found = [_open(file, name, task) for file, name in zip(files, names, strict=True)]
    for other in found[1:]:
        check_labels(other.predictions, found[0].predictions, f"{other.name} cannot be shown with {found[0].name}")
    return found


def describe(run: ViewedRun) -> dict[str, Any]:
    """Return what the page says of a run."""
    rule = run.predictions.rule
    thresholds = np.full(len(rule.labels), 0.5) if run.thresholds is None else run.thresholds
    return {
        "name": run.name,
        "uses_thresholds": rule.uses_thresholds,
        "thresholds": [float(value) for value in thresholds],
        "decision": rule.shipped(has_thresholds=run.thresholds is not None),
        "weights": run.facts.get("weights_sha256"),
    }


def _open(file: Path, name: str, task: Task | None) -> ViewedRun:
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        header = lines.readline()
    if "prob:" in header and "label:" not in header:
        raise ValueError(f"{file}: has probabilities but no labels, as new images have none; name an evaluated run")
    table = read_predictions(file, task=task)
    given, notes = thresholds_beside(file, table) if table.rule.uses_thresholds else (None, [])
    thresholds = deciding_thresholds(table, given)
    return ViewedRun(name, file, table, thresholds, _manifest(file.parent), (*table.notes, *notes))


def _manifest(folder: Path) -> dict[str, Any]:
    for name in _MANIFESTS:
        if (folder / name).is_file():
            content = read_json(folder / name, fix="evaluate the run again")
            return content if isinstance(content, dict) else {}
    return {}
