"""What a sweep found, as numbers: every configuration's score, its difference from the baseline, and what is noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from radiobundle.evaluation.compare import holm, paired_difference
from radiobundle.evaluation.intervals.bootstrap import ResamplingPlan, plan_resampling
from radiobundle.evaluation.predictions.csv import read_predictions
from radiobundle.evaluation.predictions.pairing import align
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.evaluation.repeats import RepeatedScore, join_folds, repeated_score, score_once
from radiobundle.evaluation.resampled_t import corrected_resampled_t
from radiobundle.evaluation.seed_noise import TIE, SeedNoise, pooled_noise, verdict
from radiobundle.labels import Task
from radiobundle.sweeps.configuration import Configuration
from radiobundle.sweeps.outcome import PREDICTIONS, Outcome
from radiobundle.sweeps.plan import Plan, Trial

RESAMPLES = 1000
NO_RESULT = "no result"
Estimate = dict[str, Any]


@dataclass(frozen=True)
class Finished:
    """A trial that has ended, how, and its folder."""

    trial: Trial
    outcome: Outcome
    folder: Path


@dataclass(frozen=True, kw_only=True)
class RowSummary:
    """One configuration.

    Args:
        configuration: which.
        finished: its trials.
        predictions: of the validation images, by seed; all folds together. Only of seeds whose trials are all complete.
        score: mean over seeds, None where no seed is complete.
        fold_scores: mean over seeds in each fold; empty without folds.
        difference: from the baseline on the same images; None for the baseline itself, or where one has no score.
        fold_difference: mean over folds, see `corrected_resampled_t`; None without folds.
        p_holm: the larger of their p-values, adjusted for the number of rows.
        verdict: in words; "" for the baseline.
    """

    configuration: Configuration
    finished: tuple[Finished, ...]
    predictions: Mapping[int, Predictions]
    score: RepeatedScore | None = None
    fold_scores: tuple[float, ...] = ()
    difference: Estimate | None = None
    fold_difference: Estimate | None = None
    p_holm: float | None = None
    verdict: str = ""

    @property
    def name(self) -> str:
        """Of the configuration."""
        return self.configuration.name

    @property
    def estimate(self) -> Estimate | None:
        """The score with its interval; None where there is none."""
        return None if self.score is None else self.score.estimate()

    @property
    def parameters(self) -> int | None:
        """Of the network; None where no trial came so far."""
        return next((one.outcome.parameters for one in self.finished if one.outcome.parameters is not None), None)

    def count(self, state: str) -> int:
        """Return how many trials ended so."""
        return sum(one.outcome.state == state for one in self.finished)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """All configurations.

    Args:
        plan: of the sweep.
        rows: the baseline first, then in the order of the plan.
        noise: of the score between seeds.
        images: validation images that all were judged on.
        resampling: of these; None where nothing is complete.
        resamples: of these.
        parts: trials that were trained for others, and are not compared.
    """

    plan: Plan
    rows: tuple[RowSummary, ...]
    noise: SeedNoise
    images: int = 0
    resampling: ResamplingPlan | None = None
    resamples: int = RESAMPLES
    parts: tuple[Finished, ...] = ()

    @property
    def finished(self) -> list[Finished]:
        """All trials, those that are compared first."""
        return [one for trials in (*(row.finished for row in self.rows), self.parts) for one in trials]


def summarise(plan: Plan, finished: Sequence[Finished], *, resamples: int = RESAMPLES) -> Summary:
    """Return what the finished trials of a sweep say.

    Args:
        plan: of the sweep.
        finished: trials, of all or some configurations.
        resamples: of the validation images.

    Raises:
        ValueError: the configurations were judged on other images or labels; the message says which.
    """
    parts = tuple(one for one in finished if one.trial.configuration.is_part)
    compared = [one for one in finished if not one.trial.configuration.is_part]
    rows = _aligned([_row(plan, found) for found in _by_configuration(plan, compared)])
    tables = [table for row in rows for table in row.predictions.values()]
    if not tables:
        unknown = SeedNoise(None, 0)
        return Summary(plan=plan, rows=tuple(_compared(rows, plan, unknown)), noise=unknown, parts=parts)
    resampling = plan_resampling(tables[0].truth, patient_ids=tables[0].patient_ids)
    rows = [_scored(row, plan, resampling, resamples) for row in rows]
    noise = pooled_noise([row.score.values for row in rows if row.score is not None])
    rows = _compared(rows, plan, noise)
    return Summary(
        plan=plan,
        rows=tuple(rows),
        noise=noise,
        images=len(tables[0]),
        resampling=resampling,
        resamples=resamples,
        parts=parts,
    )


def _by_configuration(plan: Plan, finished: Sequence[Finished]) -> list[tuple[Finished, ...]]:
    """Return the trials of each configuration, the baseline's first."""
    found: dict[str, list[Finished]] = {}
    for one in finished:
        found.setdefault(one.trial.configuration.key, []).append(one)
    names = {trials[0].trial.configuration.name for trials in found.values()}
    if len(names) < len(found):
        raise ValueError(f"two configurations have one name: {', '.join(sorted(names))}")
    return sorted(map(tuple, found.values()), key=lambda trials: trials[0].trial.configuration.name != plan.baseline)


def _row(plan: Plan, finished: tuple[Finished, ...]) -> RowSummary:
    predictions = {}
    for seed in plan.sweep.seeds:
        of_seed = [one for one in finished if one.trial.seed == seed and one.outcome.state == "complete"]
        complete = {one.trial.fold: one for one in of_seed}
        if len(complete) == len(plan.datalists):
            task = plan.datalists[0].task
            tables = [read_validation(complete[fold].folder, task=task) for fold in sorted(complete)]
            predictions[seed] = join_folds(tables) if len(tables) > 1 else tables[0]
    return RowSummary(configuration=finished[0].trial.configuration, finished=finished, predictions=predictions)


def read_validation(folder: Path, *, task: Task) -> Predictions:
    """Return what a run in a sweep predicts for the validation images, without the classes that it decides for."""
    table = read_predictions(folder / PREDICTIONS, task=task).of_split("validation")
    named = [name for name in table.groups if not str(name).startswith("predicted")]
    return replace(table, groups=table.groups[named])


def _aligned(rows: Sequence[RowSummary]) -> list[RowSummary]:
    """Return the rows with all predictions in one order of images."""
    keys = [(row.name, seed) for row in rows for seed in row.predictions]
    tables = [table for row in rows for table in row.predictions.values()]
    if not tables:
        return list(rows)
    aligned = dict(zip(keys, align(tables, names=[f"'{name}', seed {seed}" for name, seed in keys]), strict=True))
    return [replace(row, predictions={seed: aligned[row.name, seed] for seed in row.predictions}) for row in rows]


def _scored(row: RowSummary, plan: Plan, resampling: ResamplingPlan, resamples: int) -> RowSummary:
    if not row.predictions:
        return row
    tables = list(row.predictions.values())
    score = repeated_score(tables, plan.metric, resampling, resamples=resamples)
    return replace(row, score=score, fold_scores=tuple(_fold_scores(tables, plan)))


def _fold_scores(tables: Sequence[Predictions], plan: Plan) -> list[float]:
    if len(plan.datalists) < 2:
        return []
    folds = tables[0].groups["fold"].to_numpy()
    return [
        float(np.mean([score_once(table.subset(folds == fold), plan.metric) for table in tables]))
        for fold in range(len(plan.datalists))
    ]


def _compared(rows: Sequence[RowSummary], plan: Plan, noise: SeedNoise) -> list[RowSummary]:
    baseline, *others = rows
    if baseline.name != plan.baseline or baseline.score is None:
        return [replace(row, verdict=_why_nothing(row) or "no baseline to compare with") for row in rows]
    found = [_differences(row, baseline, plan) for row in others]
    adjusted = holm({row.name: p for row in found if (p := _p(row)) is not None})
    return [baseline, *(_judged(row, baseline, noise, adjusted.get(row.name)) for row in found)]


def _differences(row: RowSummary, baseline: RowSummary, plan: Plan) -> RowSummary:
    if row.score is None or baseline.score is None:
        return row
    value = row.score.mean - baseline.score.mean
    difference = paired_difference(value, row.score.replicates - baseline.score.replicates, extrapolate=True)
    folds = None
    if row.fold_scores:
        by_fold = np.subtract(row.fold_scores, baseline.fold_scores)
        folds = corrected_resampled_t(by_fold, held_out_ratio=_held_out_ratio(plan))
    return replace(row, difference=difference, fold_difference=folds)


def _p(row: RowSummary) -> float | None:
    """Return the larger p-value: a difference must hold for other images, and for networks of other folds."""
    values = [found["p"] for found in (row.difference, row.fold_difference) if found is not None]
    return max(values) if values and None not in values else None


def _judged(row: RowSummary, baseline: RowSummary, noise: SeedNoise, p: float | None) -> RowSummary:
    if row.score is None or baseline.score is None or row.difference is None:
        return replace(row, verdict=_why_nothing(row))
    if row.difference["value"] is None:
        return replace(row, verdict="undefined")
    band = noise.band(len(row.score.values), len(baseline.score.values))
    words = verdict(row.difference["value"], p, band)
    unsure = words != TIE and band is None and row.fold_difference is None
    return replace(row, p_holm=p, verdict=f"{words} (one seed)" if unsure else words)


def _why_nothing(row: RowSummary) -> str:
    """Return why a row has no score; empty where it has one."""
    if row.score is not None:
        return ""
    reasons = {one.outcome.reason or one.outcome.state for one in row.finished if one.outcome.state != "complete"}
    if reasons == {"pruned"}:
        return "pruned"
    return f"{NO_RESULT}: {'; '.join(sorted(reasons)) or 'not all folds are trained'}"


def _held_out_ratio(plan: Plan) -> float:
    held_out, trained = (sum(len(one.splits[split]) for one in plan.datalists) for split in ("validation", "training"))
    return held_out / trained
