"""The best trainings of a sweep together: mean probability, compared with the best of them alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.evaluation.compare import paired_difference
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.evaluation.repeats import mean_probabilities, repeated_score
from radiobundle.sweeps.summary import RESAMPLES, Summary

SIZES = (2, 3, 5, 10)


@dataclass(frozen=True)
class Ensemble:
    """The mean of the best trainings.

    Args:
        members: name and seed of each, the best first.
        score: `value`, `low`, `high` on the validation images.
        difference: from the best member on the same images, with `p`.
    """

    members: tuple[tuple[str, int], ...]
    score: dict[str, Any]
    difference: dict[str, Any]


def best_together(summary: Summary, *, resamples: int = RESAMPLES) -> list[Ensemble]:
    """Return ensembles of the best 2, 3, 5 and 10 trainings by validation, as far as there are so many.

    With folds a training is one configuration and seed on all of them, by its out-of-fold predictions.

    Args:
        summary: of a sweep.
        resamples: of the validation images.
    """
    ranked = _ranked(summary)
    if len(ranked) < 2 or summary.resampling is None:
        return []
    metric, plan = summary.plan.metric, summary.resampling
    best = repeated_score([ranked[0][1]], metric, plan, resamples=resamples)
    found = []
    for size in (size for size in SIZES if size <= len(ranked)):
        together = mean_probabilities([table for _, table in ranked[:size]])
        score = repeated_score([together], metric, plan, resamples=resamples)
        low, high = score.interval()
        difference = paired_difference(score.mean - best.mean, score.replicates - best.replicates)
        members = tuple(member for member, _ in ranked[:size])
        found.append(Ensemble(members, {"value": score.mean, "low": low, "high": high}, difference))
    return found


def ensembles_table(ensembles: list[Ensemble], *, metric: str) -> pd.DataFrame:
    """Return a row for each ensemble: size, score, difference from its best member, members."""
    rows = [
        {
            "trainings": len(one.members),
            metric: one.score["value"],
            f"{metric}_low": one.score["low"],
            f"{metric}_high": one.score["high"],
            "difference_from_best_member": one.difference["value"],
            "difference_low": one.difference["low"],
            "difference_high": one.difference["high"],
            "difference_p": one.difference["p"],
            "members": "; ".join(f"{name}, seed {seed}" for name, seed in one.members),
        }
        for one in ensembles
    ]
    return pd.DataFrame(rows).round(6)


def _ranked(summary: Summary) -> list[tuple[tuple[str, int], Predictions]]:
    """Return the trainings with their predictions, the best first; of equal ones in the order of the table."""
    trainings = list(_trainings(summary))
    order = np.argsort([-score for _, _, score in trainings], kind="stable")
    return [(member, table) for member, table, _ in (trainings[index] for index in order)]


def _trainings(summary: Summary) -> Iterator[tuple[tuple[str, int], Predictions, float]]:
    for row in summary.rows:
        if row.score is not None:
            for (seed, table), score in zip(row.predictions.items(), row.score.values, strict=True):
                if np.isfinite(score):
                    yield (row.name, seed), table, float(score)
