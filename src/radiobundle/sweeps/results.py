"""Write what a sweep found: tables, report, figures as one set, and out-of-fold predictions with a report of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from radiobundle.evaluation.predictions.csv import read_predictions, write_predictions
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.evaluation.repeats import FOLD
from radiobundle.files import write_csv, write_text
from radiobundle.reporting.report import write_report
from radiobundle.reporting.report_page import render_page
from radiobundle.reporting.style import save
from radiobundle.reporting.sweep_figures import plot_overlaid_curves, plot_seeds, plot_sweep_differences
from radiobundle.result_set import result_set
from radiobundle.sweeps.ensembles import Ensemble, best_together, ensembles_table, snapshots_together
from radiobundle.sweeps.epoch_watch import HISTORY
from radiobundle.sweeps.outcome import PREDICTIONS
from radiobundle.sweeps.places import OUT_OF_FOLD, row_folder_name
from radiobundle.sweeps.report_content import build_document
from radiobundle.sweeps.summary import Summary
from radiobundle.sweeps.tables import results_table, timings_table, trials_table


def write_results(
    summary: Summary, folder: Path, *, soups: Sequence[Ensemble] = (), search_figures: dict[str, Any] | None = None
) -> None:
    """Write results.csv, trials.csv, ensembles.csv, timings.csv, report.md, report.html and figures as one set.

    Args:
        summary: of the sweep.
        folder: of the sweep.
        soups: see `make_soups`.
        search_figures: further figures by name.
    """
    if len(summary.plan.datalists) > 1:
        _write_out_of_fold(summary, folder / OUT_OF_FOLD)
    ensembles = [*best_together(summary), *snapshots_together(summary), *soups]
    figures = {**_figures(summary), **(search_figures or {})}
    with result_set(folder, made_by="sweep") as target:
        tables = {"results": results_table(summary), "trials": trials_table(summary), "timings": timings_table(summary)}
        if ensembles:
            tables["ensembles"] = ensembles_table(ensembles, metric=summary.plan.metric)
        for name, table in tables.items():
            write_csv(target / f"{name}.csv", table)
        paths = {name: save(figure, target / f"{name}.png") for name, figure in figures.items()}
        document = build_document(summary, paths, ensembles)
        write_text(target / "report.md", document.to_markdown())
        write_text(target / "report.html", render_page(document))


def _figures(summary: Summary) -> dict[str, Any]:
    metric = summary.plan.metric
    figures = {}
    scored = [(row.name, row.score.values) for row in summary.rows if row.score is not None]
    if scored:
        figures["seeds"] = plot_seeds(scored, metric=metric)
    compared = [
        (row.name, found)
        for row in summary.rows
        if (found := row.difference) is not None and found["value"] is not None
    ]
    if compared:
        count = len(summary.plan.sweep.seeds)
        band = summary.noise.band(count, count)
        figures["differences"] = plot_sweep_differences(
            compared, metric=metric, baseline=summary.plan.baseline, band=band
        )
    histories = {
        row.name: [pd.read_csv(path) for one in row.finished if (path := one.folder / HISTORY).is_file()]
        for row in summary.rows
    }
    if any(histories.values()):
        figures["curves"] = plot_overlaid_curves(histories, metric=metric)
    return figures


def _write_out_of_fold(summary: Summary, folder: Path) -> None:
    """Write one table of all folds for every configuration and seed, judged by the same code as any other."""
    for row in summary.rows:
        for seed, table in row.predictions.items():
            target = folder / f"{row_folder_name(row.name)}-seed{seed}"
            if not _is_written(target / PREDICTIONS, table):
                write_predictions(target / PREDICTIONS, table)
                write_report(target / PREDICTIONS, target, groups=[FOLD], task=table.task)


def _is_written(path: Path, table: Predictions) -> bool:
    if not (path.parent / "report.html").is_file():
        return False
    written = read_predictions(path, task=table.task)
    return list(written.images) == list(table.images) and bool((written.probabilities == table.probabilities).all())
