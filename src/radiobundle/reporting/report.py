"""`radiobundle report`: from predictions to metrics.json, report.md, report.html, thresholds and figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from radiobundle.evaluation.choices import deciding_thresholds
from radiobundle.evaluation.fitting.thresholds import write_thresholds
from radiobundle.evaluation.judging import Judgement, ReportOptions, judge, plain
from radiobundle.evaluation.origin import Origin, recorded_origin
from radiobundle.evaluation.predictions.csv import read_predictions
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.evaluation.runs import predictions_file
from radiobundle.files import file_sha256, write_json, write_text
from radiobundle.reporting.document import ReportFigure
from radiobundle.reporting.figures import plot_report_figures
from radiobundle.reporting.learning_curves import write_learning_curves
from radiobundle.reporting.parts import part_blocks, take_parts
from radiobundle.reporting.report_content import build_document
from radiobundle.reporting.report_page import render_page
from radiobundle.reporting.run_folder import describe_run_folder
from radiobundle.result_set import Maker, result_set

AddParts = Callable[[Predictions, Path, np.ndarray | None], None]
"""Writes the files of further parts of a report, see `reporting.parts`, given the predictions, the folder, and the
thresholds (C,) that decide."""


def write_report(
    predictions: str | Path | Predictions,
    output_dir: str | Path,
    *,
    add_parts: AddParts | None = None,
    overwrite: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Evaluate one model's predictions and write the whole report as one set, see `result_set`.

    Args:
        predictions: a predictions CSV, the folder of an evaluated run, or the table itself. A `history.csv` beside the
            CSV adds the learning curves.
        output_dir: gets metrics.json, report.md, report.html, PNG figures, and thresholds.json and
            calibration.json if there are validation rows to fit them.
        add_parts: see `fill_report`.
        overwrite: also replace files that no earlier report wrote, or that have changed since.
        options: options of `ReportOptions`.

    Returns:
        the content of metrics.json, described in docs/metrics.md.

    Raises:
        ValueError: the input is wrong; the message names it and the fix.
        OSError: a file cannot be read or written.
    """
    chosen = ReportOptions(**options)
    if not isinstance(predictions, Predictions):
        predictions = predictions_file(predictions)
    keep = _inputs(predictions, chosen.thresholds, Path(output_dir))
    in_place = isinstance(predictions, Path) and predictions.resolve().parent == Path(output_dir).resolve()
    replaces: tuple[Maker, ...] = ("evaluation",) if in_place else ()
    with result_set(output_dir, made_by="report", replaces=replaces, keep=keep, overwrite=overwrite) as folder:
        origin = recorded_origin(predictions) if isinstance(predictions, Path) else None
        return fill_report(predictions, folder, chosen, origin=origin, add_parts=add_parts)


def fill_report(
    predictions: str | Path | Predictions,
    folder: Path,
    options: ReportOptions,
    *,
    origin: Origin | None = None,
    run_folder: Path | None = None,
    add_parts: AddParts | None = None,
) -> dict[str, Any]:
    """Write a report's files into an empty folder; see `write_report`.

    Args:
        predictions: see `write_report`.
        folder: gets the files.
        options: options of the evaluation.
        origin: of the predictions.
        run_folder: folder of the training, for its curves and description; None: the folder of the predictions.
        add_parts: writes further parts from the predictions; parts of the evaluation that wrote the predictions are
            always taken over.
    """
    if isinstance(predictions, Predictions):
        table = predictions
        found = judge(table, options, origin=origin)
    else:
        source = Path(predictions)
        table = read_predictions(source, task=options.task, column_map=options.column_map)
        checksum = file_sha256(source)
        found = judge(table, options, file=source.name, checksum=checksum, origin=origin)
        run_folder = run_folder or source.parent
    if add_parts is not None:
        add_parts(table, folder, deciding_thresholds(table, options.thresholds, rule=options.fit_rule))
    if not isinstance(predictions, Predictions):
        take_parts(source, folder)
    _write_files(folder, found, run_folder)
    return found.metrics


def _write_files(folder: Path, found: Judgement, run_folder: Path | None) -> None:
    if found.thresholds is not None:
        write_thresholds(folder / "thresholds.json", found.thresholds)
    if found.calibration is not None:
        write_json(folder / "calibration.json", plain(found.calibration.to_json()))
    figures = plot_report_figures(found.headline, folder, calibration=found.calibration)
    if run_folder is not None and (run_folder / "history.csv").is_file():
        curves = write_learning_curves(run_folder / "history.csv", folder / "curves.png")
        figures.append(ReportFigure(curves, "Learning curves of the run"))
    run = "" if run_folder is None else describe_run_folder(run_folder)
    document = build_document(found.metrics, figures, list(part_blocks(folder)), run)
    write_text(folder / "report.md", document.to_markdown())
    write_text(folder / "report.html", render_page(document, found.headline))
    write_json(folder / "metrics.json", found.metrics)


def _inputs(predictions: Any, thresholds: Any, folder: Path) -> list[str]:
    """Return the names of input files in a folder, which a report written into it must not replace."""
    paths = [Path(given) for given in (predictions, thresholds) if isinstance(given, (str, Path))]
    return [*(path.name for path in paths if path.resolve().parent == folder.resolve()), "examples.png"]
