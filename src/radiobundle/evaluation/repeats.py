"""One configuration trained several times: its mean score over trainings, on the same resamples as all others'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from radiobundle.evaluation.intervals.bootstrap import ResamplingPlan, percentile_interval, resample
from radiobundle.evaluation.metrics.rates import DECISION_METRICS
from radiobundle.evaluation.metrics.scorer import MetricKey, Scorer
from radiobundle.evaluation.predictions.table import Predictions

FOLD = "fold"


@dataclass(frozen=True)
class RepeatedScore:
    """A score of several trainings of one configuration.

    Args:
        values: (R,) of each training.
        replicates: (B,) mean over the trainings, on each resample of the images.
    """

    values: np.ndarray
    replicates: np.ndarray

    @property
    def mean(self) -> float:
        """Over the trainings."""
        return float(self.values.mean())

    @property
    def sd(self) -> float | None:
        """Standard deviation over the trainings; None of a single one."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else None

    def estimate(self) -> dict[str, float]:
        """Return the mean as `value`, with `low` and `high` over resamples of the images."""
        low, high = percentile_interval(self.replicates)
        return {"value": self.mean, "low": float(low), "high": float(high)}


def repeated_score(
    tables: Sequence[Predictions], metric: str, plan: ResamplingPlan, *, resamples: int, seed: int = 0
) -> RepeatedScore:
    """Return the score of several trainings' predictions of the same images.

    Args:
        tables: of each training, images in the order that `plan` was made for.
        metric: one of `EPOCH_SCORES`, at the default decision.
        plan: of the resamples, the same for all configurations.
        resamples: of the images.
        seed: of the resampling.
    """
    key = score_key(metric)
    scorers = [_scorer(table) for table in tables]
    values = np.array([float(scorer.score_once()[key]) for scorer in scorers])
    replicates = [resample(scorer.score, plan, resamples=resamples, seed=seed)[key] for scorer in scorers]
    return RepeatedScore(values, np.mean(replicates, axis=0))


def score_key(metric: str) -> MetricKey:
    """Return where a scorer has one of `EPOCH_SCORES`."""
    return MetricKey("overall", "default" if metric in DECISION_METRICS else "probability", metric)


def score_once(table: Predictions, metric: str) -> float:
    """Return one of `EPOCH_SCORES` of a model's predictions; NaN where it is undefined."""
    return float(_scorer(table).score_once()[score_key(metric)])


def _scorer(table: Predictions) -> Scorer:
    return Scorer(table.truth, table.probabilities, rule=table.rule, micro=False)


def join_folds(tables: Sequence[Predictions]) -> Predictions:
    """Return the out-of-fold predictions of all folds as one table, with a further column `fold`.

    Args:
        tables: by fold, each of other images.
    """
    first = tables[0]
    ids = [table.patient_ids for table in tables if table.patient_ids is not None]
    groups = [table.groups.assign(**{FOLD: fold}) for fold, table in enumerate(tables)]
    return replace(
        first,
        images=np.concatenate([table.images for table in tables]),
        patient_ids=np.concatenate(ids) if len(ids) == len(tables) else None,
        splits=np.concatenate([np.asarray(table.splits, dtype=object) for table in tables]),
        truth=np.concatenate([table.truth for table in tables]),
        probabilities=np.concatenate([table.probabilities for table in tables]),
        groups=pd.concat(groups, ignore_index=True),
    )
