"""The predictions of one or several runs as one table, a row for each image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.evaluation.predictions.table import UNKNOWN_PATIENT
from radiobundle.labels import IGNORED, UNCERTAIN_CLASS
from radiobundle.viewing.listed import Listed
from radiobundle.viewing.runs import ViewedRun
from radiobundle.words import counted

SPLIT = "split"


@dataclass(frozen=True)
class Rows:
    """N images with C labels, in K runs.

    Args:
        rule: how probabilities become classes.
        names: (N,) of the images.
        patients: (N,) ids; None where they are unknown.
        truth: (N, C) float32: 0 to 1, or -1 where it is ignored.
        probabilities: K arrays (N, C); NaN where a run has no such image.
        facts: N rows: `split`, and all columns of the predictions that are neither label nor probability.
    """

    rule: DecisionRule
    names: np.ndarray
    patients: np.ndarray
    truth: np.ndarray
    probabilities: tuple[np.ndarray, ...]
    facts: pd.DataFrame

    def __len__(self) -> int:
        return len(self.names)

    def take(self, rows: np.ndarray) -> Rows:
        """Return some of the rows, by index."""
        return replace(
            self,
            names=self.names[rows],
            patients=self.patients[rows],
            truth=self.truth[rows],
            probabilities=tuple(values[rows] for values in self.probabilities),
            facts=self.facts.iloc[rows].reset_index(drop=True),
        )


def join_runs(runs: Sequence[ViewedRun], listed: Listed | None, *, force: bool = False) -> tuple[Rows, list[str]]:
    """Return the rows of all runs, those of the first one first, and notes.

    Labels are those of the list, if there is one, else those that the first run with the image was evaluated with.

    Raises:
        ValueError: runs share no image with the first one, or were evaluated with other labels and `force` was not
            given.
    """
    first = runs[0].predictions
    tables = [pd.Index(run.predictions.images.astype(object)) for run in runs]
    names = tables[0]
    notes = [f"{run.name}: {note}" for run in runs for note in run.notes]
    for run, index in zip(runs[1:], tables[1:], strict=True):
        if index.intersection(tables[0]).empty:
            raise ValueError(
                f"{run.name} has no image that {runs[0].name} has, for example {index[0]!r}; show runs of the same "
                "images together"
            )
        names = names.append(index.difference(names, sort=False))
    truth = np.full((len(names), len(first.labels)), np.nan, np.float32)
    patients = np.full(len(names), None, object)
    probabilities, facts = [], []
    for run, index in zip(runs, tables, strict=True):
        at = names.get_indexer(index)
        table = run.predictions
        columns = [table.labels.index(label) for label in first.labels]
        values = table.truth[:, columns].astype(np.float32)
        notes += _check_truth(run, runs[0], values, truth[at], force=force)
        truth[at] = np.where(np.isnan(truth[at]), values, truth[at])
        spread = np.full(truth.shape, np.nan)
        spread[at] = table.probabilities[:, columns]
        probabilities.append(spread)
        patients[at] = [old if old is not None else new for old, new in zip(patients[at], _patients(run), strict=True)]
        facts.append(_facts(run))
    joined = pd.concat(facts)
    joined = joined[~joined.index.duplicated()].reindex(names).reset_index(drop=True)
    rows = Rows(first.rule, names.to_numpy(object), patients, truth, tuple(probabilities), joined)
    return (rows if listed is None else _relabelled(rows, listed)), notes


def _check_truth(run: ViewedRun, first: ViewedRun, values: np.ndarray, known: np.ndarray, *, force: bool) -> list[str]:
    """Return a note if a run was evaluated with other labels than those before.

    Raises:
        ValueError: it was, and `force` was not given.
    """
    differing = int((~np.isnan(known) & (known != values)).sum())
    if not differing:
        return []
    count = counted(differing, "label differs", "labels differ")
    said = f"{run.name} was evaluated with other labels than {first.name}: {count}"
    if not force:
        raise ValueError(f"{said}; evaluate both on one list, or give `force`")
    return [said]


def _patients(run: ViewedRun) -> list[str | None]:
    table = run.predictions
    if table.patient_ids is None:
        return [None] * len(table)
    return [None if str(name).startswith(UNKNOWN_PATIENT) else str(name) for name in table.patient_ids]


def _facts(run: ViewedRun) -> pd.DataFrame:
    table = run.predictions
    kept = [name for name in table.groups if str(name) != "predicted" and not str(name).startswith("predicted:")]
    facts = table.groups[kept].copy()
    facts.insert(0, SPLIT, np.asarray(table.splits, dtype=object))
    facts.index = pd.Index(table.images.astype(object))
    return facts


def _relabelled(rows: Rows, listed: Listed) -> Rows:
    """Return rows with the labels of a list, which may be soft."""
    truth = rows.truth.copy()
    items = listed.items
    for row, name in enumerate(rows.names):
        if name in items:
            truth[row] = items[name]["label"]
    truth[truth == UNCERTAIN_CLASS] = IGNORED
    return replace(rows, truth=truth)
