"""Compare models on the same images."""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import declare_reading, reading_options


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="folder with a predictions.csv, or such a file")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--split", metavar="NAME", help="default: test, or the only one there is")
    declare_reading(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the comparison; runs whose evaluation is older than their weights are refused."""
    from radiobundle.models.evaluated import require_current_evaluation
    from radiobundle.reporting.compare_report import write_comparison

    require_current_evaluation(*arguments.runs)
    write_comparison(arguments.runs, arguments.output, split=arguments.split, **reading_options(arguments))
    print(f"{arguments.output}: compare.html, compare.md, compare.json, compare.png")
    return 0
