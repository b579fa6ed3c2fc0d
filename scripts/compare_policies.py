"""Which policy for uncertain labels loses least, where the truth is known: real images, uncertain at random.

    python scripts/compare_policies.py NIH_DIR OUTPUT [--seeds 3] [--epochs 20] [--image-size 96]

For each seed, some labels of ChestX-ray14 become uncertain (see `nih_as_chexpert.py`), a list is made with each policy,
and the bundle chexpert is trained on it by MONAI's own command. `truth` is the same without uncertain labels: what
could be had. Prints the test's macro AUROC by seed, and compares the mean predictions over seeds with `ignore`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nih_as_chexpert import write_as_chexpert
from radiobundle.cli import main as radiobundle
from radiobundle.datalists.options import UNCERTAIN_CHOICES
from radiobundle.evaluation.predictions.csv import read_predictions, write_predictions
from radiobundle.evaluation.predictions.pairing import align

BUNDLE = Path(__file__).parents[1] / "bundles" / "chexpert"
TRUTH, REFERENCE = "truth", "ignore"
ENTRIES = {"training": ["train"], "evaluating": ["train", "evaluate"], "inference": ["inference"]}
POLICIES = [TRUTH, REFERENCE, *(policy for policy in UNCERTAIN_CHOICES if policy != REFERENCE)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nih_dir", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--image-size", type=int, default=96)
    options = parser.parse_args()
    scores: dict[str, list[float]] = {policy: [] for policy in POLICIES}
    for seed in range(options.seeds):
        for policy in POLICIES:
            run = train(policy, seed, options)
            metrics = json.loads((run / "metrics.json").read_text())
            scores[policy].append(metrics["splits"]["test"]["overall"]["probability"]["auroc"]["value"])
            print(f"seed {seed}, {policy}: {scores[policy][-1]:.4f}", flush=True)
    print("\n| policy | macro AUROC by seed | mean | spread |\n|---|---|---|---|")
    for policy, values in scores.items():
        by_seed = ", ".join(f"{value:.3f}" for value in values)
        print(f"| {policy} | {by_seed} | {np.mean(values):.3f} | {np.ptp(values):.3f} |")
    means = [mean_predictions(options.output, policy, options.seeds) for policy in POLICIES]
    ordered = sorted(means, key=lambda folder: folder.name != REFERENCE)
    radiobundle(["compare", *map(str, ordered), "--output", str(options.output / "compare"), "--split", "test"])
    print((options.output / "compare" / "compare.md").read_text())


def train(policy: str, seed: int, options: argparse.Namespace) -> Path:
    """Train and evaluate with one policy; return the run's folder. What is there already is not done again."""
    data = options.output / f"data-{'certain' if policy == TRUTH else 'uncertain'}-{seed}"
    run = options.output / f"{policy}-{seed}"
    if (run / "results.json").is_file():
        return run
    if not (data / "test_labels.csv").is_file():
        write_as_chexpert(options.nih_dir, data, uncertain=0.0 if policy == TRUTH else 0.4, seed=seed)
    datalist = options.output / f"{policy}-{seed}.json"
    chosen = ["--uncertain", REFERENCE if policy == TRUTH else policy]
    if policy == "self-trained":
        teacher = options.output / f"{REFERENCE}-{seed}"
        monai("inference", teacher, settings(data, teacher.with_suffix(".json"), teacher, seed, options), options)
        chosen += ["--predictions", str(teacher / "inference" / "predictions.csv")]
    make = ["datalist", "chexpert", str(data), "--output", str(datalist), "--split", "given", "--duplicates", "none"]
    if status := radiobundle([*make, *chosen]):
        raise SystemExit(status)
    asked = settings(data, datalist, run, seed, options) | {
        "max_epochs": options.epochs, "early_stop_patience": None, "ema_decay": None, "learning_rate": 0.001,
    }  # fmt: skip
    if policy == "multiclass":
        asked["wrapped_network"] = asked.pop("network_def")
    for entry in ("training", "evaluating"):
        monai(entry, run, asked, options, recipes=["multiclass"] if policy == "multiclass" else [])
    return run


def settings(data: Path, datalist: Path, run: Path, seed: int, options: argparse.Namespace) -> dict[str, object]:
    """Return what every command is told."""
    return {
        "dataset_dir": data, "datalist": datalist, "output_dir": run, "store_dir": options.output / "store",
        "seed": seed, "image_size_px": [options.image_size] * 2, "network_def": "@networks#resnet18",
    }  # fmt: skip


def monai(
    entry: str, run: Path, asked: dict[str, object], options: argparse.Namespace, *, recipes: Sequence[str] = ()
) -> None:
    """Run a stock `monai.bundle` command in the bundle's folder."""
    names = [*ENTRIES[entry], *(f"recipes/{recipe}" for recipe in recipes)]
    files = [f"configs/{name}.json" for name in names]
    arguments = [part for key, value in asked.items() for part in (f"--{key}", str(value))]
    command = [sys.executable, "-m", "monai.bundle", "run", entry, "--config_file", str(files), *arguments]
    log = options.output / f"{run.name}-{entry}.log"
    with log.open("w") as file:
        done = subprocess.run(command, cwd=BUNDLE, stdout=file, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise SystemExit(f"{entry} of {run.name} failed; see {log}")


def mean_predictions(output: Path, policy: str, seeds: int) -> Path:
    """Write the mean of the probabilities over seeds and return its folder."""
    files = [output / f"{policy}-{seed}" / "predictions.csv" for seed in range(seeds)]
    tables = [read_predictions(file, task="multilabel") for file in files]
    mean = np.mean([table.probabilities for table in align(tables, names=[str(seed) for seed in range(seeds)])], axis=0)
    folder = output / "mean" / policy
    folder.mkdir(parents=True, exist_ok=True)
    write_predictions(folder / "predictions.csv", replace(tables[0], probabilities=mean))
    return folder


if __name__ == "__main__":
    main()
