"""Compare models on the same images, or one model under two versions of the labels."""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import chosen, declare_reading, print_notes, reading_options, replaced_note


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="folder with a predictions.csv, or such a file")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--split", metavar="NAME", help="default: test, or the only split")
    parser.add_argument("--relabelled", metavar="LIST", help="one run only: how its numbers change with the labels of "
                        "this datalist, such as one from `radiobundle datalist amend`")  # fmt: skip
    declare_reading(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the comparison; runs whose evaluation is older than their weights are refused."""
    from radiobundle.models.evaluated import require_current_evaluation
    from radiobundle.reporting.compare_report import write_comparison

    require_current_evaluation(*arguments.runs)
    replaced = replaced_note(arguments.output)
    options = chosen(arguments, "split", "relabelled") | reading_options(arguments)
    metrics = write_comparison(arguments.runs, arguments.output, **options)
    print_notes(metrics["notes"], arguments.flags)
    print(f"{arguments.output}: compare.html, compare.md, compare.json, compare.png{replaced}")
    return 0
