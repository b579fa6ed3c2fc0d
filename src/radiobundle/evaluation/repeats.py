"""One configuration trained several times: its mean score over trainings, on the same resamples as all others'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from radiobundle.evaluation.estimates import evaluate
from radiobundle.evaluation.intervals.bootstrap import ResamplingPlan, percentile_interval
from radiobundle.evaluation.metrics.rates import DECISION_METRICS
from radiobundle.evaluation.metrics.scorer import MetricKey
from radiobundle.evaluation.predictions.pooling import concatenate
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
    key, values, replicates = score_key(metric), [], []
    for table in tables:
        found = evaluate(table, resamples=resamples, seed=seed, plan=plan, micro=False)
        values.append(float(found.point[key]))
        replicates.append(found.replicates[key])
    return RepeatedScore(np.array(values), np.mean(replicates, axis=0))


def score_key(metric: str) -> MetricKey:
    """Return where a scorer has one of `EPOCH_SCORES`."""
    return MetricKey("overall", "default" if metric in DECISION_METRICS else "probability", metric)


def score_once(table: Predictions, metric: str) -> float:
    """Return one of `EPOCH_SCORES` of a model's predictions; NaN where it is undefined."""
    return float(evaluate(table, resamples=0, micro=False).point[score_key(metric)])


def join_folds(tables: Sequence[Predictions]) -> Predictions:
    """Return the out-of-fold predictions of all folds as one table, with a further column `fold`.

    Args:
        tables: by fold, each of other images.
    """
    known = all(table.patient_ids is not None for table in tables)
    return concatenate(
        [
            replace(table, patient_ids=table.patient_ids if known else None, groups=table.groups.assign(**{FOLD: fold}))
            for fold, table in enumerate(tables)
        ]
    )
