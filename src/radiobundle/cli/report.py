"""Judge a model from its predictions.csv."""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import chosen, declare_reading, names, reading_options


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    from radiobundle.evaluation.fitting.thresholds import RULES

    parser.add_argument("predictions", metavar="PREDICTIONS.csv")
    parser.add_argument("--output", required=True, metavar="DIR", help="folder for metrics.json and the report")
    parser.add_argument("--thresholds", metavar="FILE", help="thresholds.json to use instead of fitting one")
    parser.add_argument("--fit-rule", default="youden", metavar="RULE",
                        help=f"{', '.join(RULES)} with any number (default: %(default)s)")  # fmt: skip
    parser.add_argument(
        "--groups", type=names, default=[], metavar="A,B", help="columns to report by, such as sex,age,view"
    )
    parser.add_argument("--prevalence", type=float, metavar="P", help="for the summary out of 1,000 patients")
    declare_reading(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the report."""
    from radiobundle.reporting.report import write_report

    options = chosen(arguments, "thresholds", "groups", "fit_rule", "prevalence")
    write_report(arguments.predictions, arguments.output, **options, **reading_options(arguments))
    print(f"{arguments.output}: report.html, report.md, metrics.json")
    return 0
