"""The `radiobundle` command: argument parsing only; each command imports what it needs when it runs.

Every `_add_*` function declares one command and binds the function that carries it out. Errors the user can mend are
raised as `ValueError`, `OSError` or a subclass, and are printed in one line with exit status 2.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from radiobundle import __doc__ as package_summary
from radiobundle import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status (0 done, 1 the check found something, 2 wrong input)."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except (ValueError, OSError) as error:
        print(f"radiobundle {arguments.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"radiobundle {arguments.command}: interrupted; nothing half-written was kept", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="radiobundle", description=package_summary)
    parser.add_argument("--version", action="version", version=f"radiobundle {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_render(commands)
    _add_report(commands)
    _add_compare(commands)
    return parser


def _add_render(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("render", help="write bundles' configs from the templates")
    parser.add_argument("bundles", nargs="*", metavar="BUNDLE", help="bundle folders (default: bundles/*)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a config is stale")
    parser.set_defaults(run=_render)


def _render(arguments: argparse.Namespace) -> int:
    from radiobundle.bundles.render import render_command

    return render_command(arguments.bundles, check=arguments.check)


def _add_report(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("report", help="judge a model from its predictions.csv")
    parser.add_argument("predictions", metavar="PREDICTIONS.csv")
    parser.add_argument("--output", required=True, metavar="DIR", help="folder for metrics.json and the report")
    parser.add_argument("--thresholds", metavar="FILE", help="thresholds.json to use instead of fitting one")
    parser.add_argument("--fit-rule", default="youden", metavar="RULE",
                        help="youden, f1, accuracy, sensitivity=X or specificity=X (default: youden)")  # fmt: skip
    parser.add_argument("--groups", default="", metavar="A,B", help="columns to report by, such as sex,age,view")
    parser.add_argument("--prevalence", type=float, metavar="P", help="for the summary out of 1,000 patients")
    _add_reading_options(parser)
    parser.set_defaults(run=_report)


def _report(arguments: argparse.Namespace) -> int:
    from radiobundle.evaluation.report import write_report

    write_report(
        arguments.predictions,
        arguments.output,
        thresholds=arguments.thresholds,
        groups=[name for name in arguments.groups.split(",") if name],
        bootstrap=arguments.bootstrap,
        seed=arguments.seed,
        fit_rule=arguments.fit_rule,
        prevalence=arguments.prevalence,
        task=arguments.task,
        column_map=_parse_map(arguments.map),
    )
    print(f"{arguments.output}: report.html, report.md, metrics.json")
    return 0


def _add_compare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("compare", help="compare models on the same images")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="folder with a predictions.csv, or such a file")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--split", metavar="NAME", help="default: test, or the only one there is")
    _add_reading_options(parser)
    parser.set_defaults(run=_compare)


def _compare(arguments: argparse.Namespace) -> int:
    from radiobundle.evaluation.compare import compare_runs

    compare_runs(
        arguments.runs,
        arguments.output,
        split=arguments.split,
        bootstrap=arguments.bootstrap,
        seed=arguments.seed,
        task=arguments.task,
        column_map=_parse_map(arguments.map),
    )
    print(f"{arguments.output}: compare.md, compare.json, compare.png")
    return 0


def _add_reading_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bootstrap", type=int, default=1000, metavar="N", help="resamples (default: 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--task", choices=("multiclass", "multilabel"), help="default: inferred from the file")
    parser.add_argument("--map", action="append", default=[], metavar="NAME=COLUMN",
                        help="our column NAME is the file's COLUMN, such as image=filename; repeatable")  # fmt: skip


def _parse_map(pairs: Sequence[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise ValueError(f"--map {pair}: write NAME=COLUMN, such as image=filename")
    return dict(pair.split("=", 1) for pair in pairs)
