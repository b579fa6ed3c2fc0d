"""What a sweep's report says, as blocks for Markdown and HTML alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.evaluation.seed_noise import TIE
from radiobundle.reporting.document import Block, Document, Folded, Heading, ReportFigure, Table, Text, number, p_value
from radiobundle.reporting.metric_names import metric_name
from radiobundle.sweeps.ensembles import Ensemble
from radiobundle.sweeps.summary import NO_RESULT, RowSummary, Summary
from radiobundle.sweeps.tables import timings_table, trials_table
from radiobundle.words import counted

_NAMED = 4  # configurations in the headline
TIMES = "Time and memory"  # the only part that differs between two runs of one sweep


def build_document(summary: Summary, figures: dict[str, Path], ensembles: Sequence[Ensemble] = ()) -> Document:
    """Return the report.

    Args:
        summary: of the sweep.
        figures: PNG files by name: seeds, differences, curves, and those of a search; what is missing is left out.
        ensembles: of the best trainings.
    """
    plan = summary.plan
    document = Document(f"Sweep of {plan.sweep.bundle.name}: {counted(len(summary.rows), 'configuration')}")
    document.blocks += [Text(_headline(summary)), *_warnings(summary), Heading("Configurations"), _table(summary)]
    captions = {
        "seeds": f"{metric_name(plan.metric)} of every seed",
        "differences": f"Differences from {plan.baseline} with 95 % intervals",
        "curves": "Learning curves, one line for each training",
        "importances": "How much of the score each searched value explains (fANOVA)",
        "parallel": "Searched values and their score",
    }
    document.blocks += [ReportFigure(figures[name], text) for name, text in captions.items() if name in figures]
    if len(plan.datalists) > 1:
        document.blocks += [Heading("Folds"), *_folds(summary)]
    if ensembles:
        document.blocks += [Heading("The best together"), *_together(ensembles, metric_name(plan.metric))]
    document.blocks += [
        Folded("How this was judged", [Text(text) for text in _method(summary)]),
        Folded("Trials", [_frame(trials_table(summary))]),
        Folded(TIMES, [_frame(timings_table(summary))]),
    ]
    return document


def _headline(summary: Summary) -> str:
    """Return the result in two sentences."""
    plan = summary.plan
    noise = (
        "unknown, since no configuration was trained with two seeds"
        if summary.noise.sd is None
        else f"{summary.noise.sd:.4f} ({summary.noise.degrees} degrees of freedom)"
    )
    noise = f"Standard deviation of {metric_name(plan.metric)} between seeds of one configuration: {noise}."
    if not any(row.name == plan.baseline and row.score is not None for row in summary.rows):
        return f"The baseline '{plan.baseline}' has no result, so nothing was compared. {noise}"
    words: dict[str, list[str]] = {}
    for row in summary.rows[1:]:
        words.setdefault(NO_RESULT if row.verdict.startswith(NO_RESULT) else row.verdict, []).append(f"'{row.name}'")
    counts_last = sorted(words.items(), key=lambda found: found[0] in (TIE, NO_RESULT))
    told = [f"{verdict}: {_named_or_counted(names, verdict)}" for verdict, names in counts_last]
    return f"Compared with '{plan.baseline}', {'; '.join(told)}. {noise}" if told else noise


def _named_or_counted(names: Sequence[str], verdict: str) -> str:
    """Return names as far as they tell something: few of them, and not of what has no result."""
    if verdict == NO_RESULT or (verdict == TIE and len(names) > _NAMED):
        return counted(len(names), "configuration")
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _warnings(summary: Summary) -> Iterator[Text]:
    failed = [one for one in summary.finished if one.outcome.state == "failed"]
    if failed:
        yield Text(
            f"{counted(len(failed), 'trial')} failed (under Trials, with reasons); a seed counts only where all its "
            "folds are complete.",
            warning=True,
        )


def _table(summary: Summary) -> Table:
    metric, has_folds = metric_name(summary.plan.metric), len(summary.plan.datalists) > 1
    columns = ["configuration", f"{metric}, mean over seeds", "difference from baseline", "p after Holm", "verdict"]
    columns[3:3] = ["difference, mean over folds"] if has_folds else []
    shown = [*columns, "sd between seeds"]
    columns += ["sd between seeds", "parameters", "complete", "pruned", "failed"]
    rows = []
    for row in summary.rows:
        cells: list[Any] = [row.name, number(row.estimate, digits=4), number(row.difference, digits=4)]
        cells += [number(row.fold_difference, digits=4)] if has_folds else []
        cells += [p_value(row.p_holm), row.verdict or "the baseline", _sd(row), _count(row.parameters)]
        rows.append([*cells, *(row.count(state) for state in ("complete", "pruned", "failed"))])
    return Table(columns, rows, sortable=True, shown=shown)


def _folds(summary: Summary) -> Iterator[Block]:
    count = len(summary.plan.datalists)
    columns = ["configuration", *(f"fold {fold}" for fold in range(count)), "mean", "sd"]
    rows = []
    for row in summary.rows:
        if row.fold_scores:
            spread = (*row.fold_scores, float(np.mean(row.fold_scores)), float(np.std(row.fold_scores, ddof=1)))
            rows.append([row.name, *((f"{value:.4f}", value) for value in spread)])
    yield Table(columns, rows)
    yield Text(
        "The scores above are of all folds' validation images together, each predicted by the network that was not "
        "trained on it; these are of each fold by itself. Folder out_of_fold has the predictions, and a report of each."
    )


def _together(ensembles: Sequence[Ensemble], metric: str) -> Iterator[Block]:
    columns = ("networks", "how", metric, "difference from the best of them", "p")
    rows = [
        (
            len(one.members),
            one.kind,
            number(one.score, digits=4),
            number(one.difference, digits=4),
            p_value(one.difference["p"]),
        )
        for one in ensembles
    ]
    yield Table(columns, rows)
    yield Text(
        "Mean probabilities of the trainings with the best scores, of any configuration, and of one training's "
        "snapshots; a soup is one network with their average weights (ensembles.csv names the members). "
        "Members were chosen on the images that they are judged on here, the best one most of all."
    )


def _method(summary: Summary) -> Iterator[str]:
    plan = summary.plan
    if summary.resampling is not None:
        yield (
            f"{summary.images:,} validation images, the same for all; nothing of the test part was read. Intervals: "
            f"percentiles of {summary.resamples:,} bootstrap resamples of {summary.resampling.unit_count:,} "
            f"{summary.resampling.unit}s; a difference is taken on the same resamples of the same images, between "
            "means over seeds. Where no resample lies on the other side of 0, its p-value is that of a normal "
            "distribution with the resamples' standard deviation."
        )
    yield (
        "Epochs were chosen by validation too, so that scores are optimistic, for all configurations alike. p-values "
        "are adjusted for the number of configurations (Holm 1979)."
    )
    if len(plan.datalists) > 1:
        yield (
            "Means over folds are compared by the corrected resampled t-test (Nadeau and Bengio 2003), since folds "
            "share training images; of the two p-values the larger one counts."
        )
    yield (
        f"The verdict is '{TIE}' unless the adjusted p-value is below 0.05 and the difference is larger than what two "
        "equal configurations differ by between seeds (95 % band: Student's t times the pooled standard deviation). "
        "Intervals say how much other images would change a number, the band how much other seeds would."
    )


def _frame(table: pd.DataFrame) -> Table:
    rows = [["" if pd.isna(value) else f"{value:.4g}" if isinstance(value, float) else value for value in row]
            for row in table.itertuples(index=False)]  # fmt: skip
    return Table(list(table.columns), rows)


def _sd(row: RowSummary) -> tuple[str, float]:
    found = None if row.score is None else row.score.sd
    return ("–", -1.0) if found is None or not np.isfinite(found) else (f"{found:.4f}", found)


def _count(value: int | None) -> tuple[str, float]:
    return ("–", -1.0) if value is None else (f"{value:,}", float(value))
