"""The tables of the CheXpert study (Chasanidis 2020, Tables 1 to 10, "Hardware Requirements") for evaluated runs.

    python scripts/tabulate_chexpert.py OUT1 OUT2 ...

Decisions are those at probability 0.5, as in the study. Seconds are those of a run's shortest epoch, with validation.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

COUNTS = ("tp", "fn", "tn", "fp")
RATES = {"recall": "true positive rate", "specificity": "true negative rate", "f1": "F-score"}


def main(runs: list[str]) -> None:
    """Print the tables as Markdown."""
    found = {Path(run).name: json.loads((Path(run) / "metrics.json").read_text("utf-8")) for run in runs}
    tests = {name: metrics["splits"]["test"] for name, metrics in found.items()}
    seconds = {Path(run).name: pd.read_csv(Path(run) / "history.csv")["seconds"].min() for run in runs}
    labels = next(iter(found.values()))["labels"]
    print_table(("run", "AUROC, macro", *labels, "accuracy", "s per epoch"), scores(tests, labels, seconds))
    print_table(("run", *COUNTS), summed(tests))
    for name, test in tests.items():
        print_table((name, *COUNTS, *RATES.values()), by_label(test))


def scores(tests: dict[str, Any], labels: list[str], seconds: dict[str, float]) -> Iterator[list[str]]:
    for name, test in tests.items():
        overall = test["overall"]
        aurocs = [_number(test["per_class"][label]["probability"]["auroc"]) for label in labels]
        yield [name, _number(overall["probability"]["auroc"]), *aurocs, _number(overall["default"]["accuracy"]),
               f"{seconds[name]:.1f}"]  # fmt: skip


def summed(tests: dict[str, Any]) -> Iterator[list[str]]:
    for name, test in tests.items():
        yield [name, *(str(sum(row["default"][count] for row in test["per_class"].values())) for count in COUNTS)]


def by_label(test: dict[str, Any]) -> Iterator[list[str]]:
    for label, row in test["per_class"].items():
        part = row["default"]
        yield [label, *(str(part[count]) for count in COUNTS), *(_number(part[rate]) for rate in RATES)]
    macro = test["averages"]["macro"]["default"]
    yield ["mean", *["" for _ in COUNTS], *(_number(macro[rate]) for rate in RATES)]


def print_table(columns: tuple[str, ...], rows: Iterator[list[str]]) -> None:
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def _number(estimate: dict[str, Any]) -> str:
    if estimate["value"] is None:
        return "-"
    interval = "" if estimate["low"] is None else f" ({estimate['low']:.3f} to {estimate['high']:.3f})"
    return f"{estimate['value']:.3f}{interval}"


if __name__ == "__main__":
    main(sys.argv[1:])
