"""Evaluate a model from its predictions.csv."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from radiobundle.cli.arguments import chosen, declare_reading, names, print_notes, reading_options, replaced_note

if TYPE_CHECKING:
    import numpy as np

    from radiobundle.evaluation.predictions.table import Predictions


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    from radiobundle.evaluation.fitting.thresholds import RULES

    parser.add_argument("predictions", metavar="RUN", help="folder of an evaluated run, or a predictions.csv")
    parser.add_argument("--output", required=True, metavar="DIR", help="folder for metrics.json and the report")
    parser.add_argument("--thresholds", metavar="FILE", help="thresholds.json to use instead of fitting thresholds")
    parser.add_argument("--fit-rule", default="youden", metavar="RULE",
                        help=f"{', '.join(RULES)} with any number (default: %(default)s)")  # fmt: skip
    parser.add_argument(
        "--groups", type=names, default=[], metavar="A,B", help="also report by these columns, such as sex,age,view"
    )
    parser.add_argument("--dataset-dir", action="append", metavar="DIR",
                        help="folder of the images: adds a page of mistakes; for a merged list NAME=DIR, once for each "
                             "set")  # fmt: skip
    parser.add_argument("--prevalence", type=float, metavar="P", help="prevalence for the summary of 1,000 patients")
    declare_reading(parser)


def _mistakes_of(dataset_dir: list[str]) -> Callable[[Predictions, Path, np.ndarray | None], None]:
    """Return a function that writes the page of mistakes, without heat maps since there is no network."""
    from radiobundle.explain.mistakes import write_mistakes
    from radiobundle.images.folders import dataset_folders

    folder = dataset_folders(dataset_dir)

    def write(predictions: Predictions, output: Path, thresholds: np.ndarray | None) -> None:
        paths = [folder / str(name) for name in predictions.images]
        write_mistakes(predictions, paths, output, thresholds=thresholds)

    return write


def run(arguments: argparse.Namespace) -> int:
    """Write the report; a run whose evaluation is older than its weights is refused."""
    from radiobundle.models.evaluated import require_current_evaluation
    from radiobundle.reporting.headline import headline
    from radiobundle.reporting.report import write_report

    require_current_evaluation(arguments.predictions)
    options = chosen(arguments, "thresholds", "groups", "fit_rule", "prevalence")
    add_parts = None if arguments.dataset_dir is None else _mistakes_of(arguments.dataset_dir)
    options |= reading_options(arguments)
    replaced = replaced_note(arguments.output)
    metrics = write_report(arguments.predictions, arguments.output, add_parts=add_parts, **options)
    print_notes(metrics["notes"], arguments.flags)
    print(headline(metrics))
    print(f"{arguments.output}: report.html, report.md, metrics.json{replaced}")
    return 0
