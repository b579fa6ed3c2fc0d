"""Networks of a sweep together, compared with the best of them alone: the best trainings, or snapshots of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.evaluation.compare import paired_difference
from radiobundle.evaluation.predictions.pairing import align
from radiobundle.evaluation.predictions.pooling import pool
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.evaluation.repeats import RepeatedScore, join_folds, repeated_score, score_once
from radiobundle.handlers.snapshots import snapshot_runs
from radiobundle.sweeps.outcome import PREDICTIONS
from radiobundle.sweeps.summary import Finished, RowSummary, Summary, read_validation

SIZES = (2, 3, 5, 10)
MEAN, SNAPSHOTS = "mean of the best", "snapshots"


@dataclass(frozen=True)
class Training:
    """One configuration with one seed, on all folds.

    Args:
        row: of it.
        seed: of it.
        table: predictions of the validation images; with folds each image's by the network that did not train on it.
        score: on these images.
    """

    row: RowSummary
    seed: int
    table: Predictions
    score: float

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.row.name}, seed {self.seed}"

    @property
    def trials(self) -> list[Finished]:
        """Of each fold."""
        found = (one for one in self.row.finished if one.trial.seed == self.seed)
        return sorted(found, key=lambda one: one.trial.fold)


@dataclass(frozen=True)
class Ensemble:
    """Several networks as one.

    Args:
        kind: how they are one.
        members: what each is, for people.
        score: `value`, `low`, `high` on the validation images.
        difference: from the best member on the same images, with `p`.
    """

    kind: str
    members: tuple[str, ...]
    score: dict[str, Any]
    difference: dict[str, Any]


def ranked_trainings(summary: Summary) -> list[Training]:
    """Return the trainings that have a score, the best first; of equal ones in the order of the table."""
    found = list(_trainings(summary))
    order = np.argsort([-one.score for one in found], kind="stable")
    return [found[index] for index in order]


def best_together(summary: Summary) -> list[Ensemble]:
    """Return the mean probabilities of the best 2, 3, 5 and 10 trainings, as far as there are so many."""
    ranked = ranked_trainings(summary)
    if not ranked:
        return []
    best = score_on(summary, ranked[0].table)
    return [
        _mean(MEAN, {one.name: one.table for one in ranked[:size]}, best=best, summary=summary)
        for size in SIZES
        if size <= len(ranked)
    ]


def snapshots_together(summary: Summary) -> list[Ensemble]:
    """Return the mean probabilities of the snapshots (see `SnapshotWriter`) of each training that has several."""
    found = []
    for training in _trainings(summary):
        tables = _snapshots(training)
        if len(tables) > 1:
            table = max(tables.values(), key=lambda table: score_once(table, summary.plan.metric))
            members = {f"{training.name}, {name}": table for name, table in tables.items()}
            found.append(_mean(SNAPSHOTS, members, best=score_on(summary, table), summary=summary))
    return found


def _mean(kind: str, members: Mapping[str, Predictions], *, best: RepeatedScore, summary: Summary) -> Ensemble:
    together = pool(list(members.values()), names=list(members))
    return compare_with_best(kind, list(members), together, best=best, summary=summary)


def compare_with_best(
    kind: str, members: Sequence[str], together: Predictions, *, best: RepeatedScore, summary: Summary
) -> Ensemble:
    """Return an ensemble with its score, and its difference from its best member on the same resamples.

    Args:
        kind: how its members are one.
        members: names.
        together: predictions of the ensemble, images in the order of the summary's.
        best: score of its best member, see `score_on`.
        summary: of the sweep.
    """
    score = score_on(summary, together)
    difference = paired_difference(score.mean - best.mean, score.replicates - best.replicates)
    return Ensemble(kind, tuple(members), score.estimate(), difference)


def score_on(summary: Summary, table: Predictions) -> RepeatedScore:
    """Return the score of predictions on the summary's images and their resamples."""
    assert summary.resampling is not None, "there are predictions"
    return repeated_score([table], summary.plan.metric, summary.resampling, resamples=summary.resamples)


def ensembles_table(ensembles: Sequence[Ensemble], *, metric: str) -> pd.DataFrame:
    """Return a row for each ensemble: kind, size, score, difference from its best member, members."""
    rows = [
        {
            "kind": one.kind,
            "networks": len(one.members),
            metric: one.score["value"],
            f"{metric}_low": one.score["low"],
            f"{metric}_high": one.score["high"],
            "difference_from_best_member": one.difference["value"],
            "difference_low": one.difference["low"],
            "difference_high": one.difference["high"],
            "difference_p": one.difference["p"],
            "members": "; ".join(one.members),
        }
        for one in ensembles
    ]
    return pd.DataFrame(rows).round(6)


def aligned_with(reference: Predictions, table: Predictions, *, name: str | Path) -> Predictions:
    """Return predictions with images in the order of others of the same images."""
    return align([reference, table], names=["the sweep", str(name)])[1]


def _snapshots(training: Training) -> dict[str, Predictions]:
    """Return the predictions of a training's snapshots by name, all folds together; those without some are left out."""
    folds = [
        {run.name: run for run in snapshot_runs(one.folder) if (run / PREDICTIONS).is_file()} for one in training.trials
    ]
    names = [name for name in folds[0] if all(name in fold for fold in folds)]
    task = training.table.task
    found = {}
    for name in names:
        tables = [read_validation(fold[name], task=task) for fold in folds]
        joined = join_folds(tables) if len(tables) > 1 else tables[0]
        found[name] = aligned_with(training.table, joined, name=f"{training.name}, {name}")
    return found


def _trainings(summary: Summary) -> Iterator[Training]:
    for row in summary.rows:
        if row.score is not None:
            for (seed, table), score in zip(row.predictions.items(), row.score.values, strict=True):
                if np.isfinite(score):
                    yield Training(row, seed, table, float(score))
