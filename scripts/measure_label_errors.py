"""Plant wrong labels, find them again, and compare with looking at random or at the largest loss.

    python scripts/measure_label_errors.py plant LIST-fold0.json LIST-fold1.json ... --fraction 0.05 --output DIR
    radiobundle sweep SWEEP.yaml --datalist 'DIR/*.json' --output SWEEP    # trains on the planted lists, out of fold
    python scripts/measure_label_errors.py judge SWEEP/out_of_fold/NAME --planted DIR/planted.csv

An image gets the same wrong label in every fold. Of exclusive classes the wrong one is sampled evenly; of other labels
each value is flipped by itself. Precision and recall among the N labels that come first, N being how many are wrong;
intervals by resampling the judged labels.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.datalists.datalist_file import read_datalist, write_datalist
from radiobundle.evaluation.label_errors import ABSENT, find_label_errors
from radiobundle.evaluation.predictions.csv import read_predictions

SPLITS = ("training", "validation")
RESAMPLES = 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    plant = commands.add_parser("plant")
    plant.add_argument("datalists", nargs="+", type=Path)
    plant.add_argument("--fraction", type=float, default=0.05)
    plant.add_argument("--seed", type=int, default=0)
    plant.add_argument("--output", type=Path, required=True)
    judge = commands.add_parser("judge")
    judge.add_argument("runs", nargs="+", type=Path)
    judge.add_argument("--planted", type=Path, required=True)
    arguments = parser.parse_args()
    (plant_errors if arguments.command == "plant" else judge_ranking)(arguments)
    return 0


def plant_errors(arguments: argparse.Namespace) -> None:
    """Write the folds with wrong labels, and which they are."""
    lists = [read_datalist(path) for path in arguments.datalists]
    items = {item["image"]: item for one in lists for split in SPLITS for item in one.splits[split]}
    rng = np.random.default_rng(arguments.seed)
    wrong: dict[str, list[int]] = {}
    rows: list[dict[str, Any]] = []
    for name in sorted(items):
        label = list(items[name]["label"])
        if lists[0].task == "multiclass":
            if rng.random() < arguments.fraction:
                true = label.index(1)
                other = int(rng.choice([index for index in range(len(label)) if index != true]))
                wrong[name] = [int(index == other) for index in range(len(label))]
                rows.append({"image": name, "given": lists[0].labels[other]})
            continue
        flips = rng.random(len(label)) < arguments.fraction
        if flips.any():
            wrong[name] = [
                1 - value if flip and value in (0, 1) else value for value, flip in zip(label, flips, strict=True)
            ]
            changed = [at for at, flip in enumerate(flips) if flip and label[at] in (0, 1)]
            rows += [{"image": name, "given": answer(lists[0].labels[at], wrong[name][at])} for at in changed]
    arguments.output.mkdir(parents=True, exist_ok=True)
    for path in arguments.datalists:
        content = json.loads(path.read_text())
        content.pop("provenance", None)
        for split in SPLITS:
            content[split] = [{**item, "label": wrong.get(item["image"], item["label"])} for item in content[split]]
        target = arguments.output / path.name
        target.write_text(json.dumps(content))
        write_datalist(read_datalist(target), target)
    pd.DataFrame(rows).to_csv(arguments.output / "planted.csv", index=False)
    print(f"{len(rows)} wrong labels planted in {len(items)} images")


def answer(label: str, value: int) -> str:
    return label if value else ABSENT + label


def judge_ranking(arguments: argparse.Namespace) -> None:
    """Print precision and recall among the first N."""
    planted = pd.read_csv(arguments.planted)
    keys = set(zip(planted["image"], planted["given"], strict=True))
    tables = [read_predictions(run / "predictions.csv") for run in arguments.runs]
    found = find_label_errors(tables, names=[str(run) for run in arguments.runs])
    ranking = found.ranking
    is_wrong = np.array([key in keys for key in zip(ranking["image"], ranking["given"], strict=True)])
    print(f"{len(ranking)} labels judged, {is_wrong.sum()} of them planted errors")
    print(f"expected errors: {found.expected['errors'].sum():.0f} "
          f"({found.expected['low'].sum():.0f} to {found.expected['high'].sum():.0f})")  # fmt: skip
    suspicious = ranking["is_suspect"].to_numpy()
    orders = {
        "random": None,
        "largest loss": np.argsort(ranking["score"].to_numpy(), kind="stable"),
        "suspects first": np.argsort(np.where(suspicious, 0, 1) + ranking["score"].to_numpy(), kind="stable"),
    }
    print("| order | looked at | wrong among them | of all wrong ones |")
    print("|---|---|---|---|")
    for name, order in orders.items():
        for count in sorted({100, int(is_wrong.sum())}):
            print(f"| {name} | {count} | {interval(is_wrong, order, count)} |")
    print(f"suspects: {suspicious.sum()}, of which {is_wrong[suspicious].mean():.2f} are planted errors; "
          f"they are {is_wrong[suspicious].sum() / is_wrong.sum():.2f} of all")  # fmt: skip


def interval(is_wrong: np.ndarray, order: np.ndarray | None, count: int) -> str:
    """Return precision and recall among the first `count`, with 95 % intervals over resamples of the labels."""
    rng = np.random.default_rng(0)
    size = len(is_wrong)
    precision, recall = [], []
    for resample in range(RESAMPLES + 1):
        rows = np.arange(size) if resample == 0 else np.sort(rng.integers(0, size, size))
        ranked = is_wrong[order][rows] if order is not None else is_wrong[rng.permutation(rows)]
        precision.append(ranked[:count].mean())
        recall.append(ranked[:count].sum() / max(ranked.sum(), 1))
    cells = [f"{np.mean(values) if order is None else values[0]:.2f} ({low:.2f} to {high:.2f})"
             for values in (precision, recall) for low, high in [np.quantile(values[1:], [0.025, 0.975])]]  # fmt: skip
    return " | ".join(cells)


if __name__ == "__main__":
    sys.exit(main())
