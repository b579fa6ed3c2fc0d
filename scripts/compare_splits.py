"""How evenly `labelset`, `stratified` and the package iterative-stratification spread labels over whole patients.

    python scripts/compare_splits.py CHEXPERT_DIR [--parts 5]

CHEXPERT_DIR holds `train.csv`. The package (`pip install iterative-stratification`) knows no groups and is given
patients as rows. Prints, for five and for fourteen labels, the largest relative difference of a label's fraction in a
part from the whole, of a part's size from an equal share, and seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from radiobundle.datalists.policies import decide_labels
from radiobundle.datalists.splits import assign_groups, assign_labelsets
from radiobundle.sources.chexpert import read_chexpert
from radiobundle.sources.chexpert_labels import COMPETITION, LABELS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chexpert_dir")
    parser.add_argument("--parts", type=int, default=5)
    options = parser.parse_args()
    table = read_chexpert(options.chexpert_dir).table
    patients = pd.factorize(table["patient_id"])[0]
    print(f"{len(table)} images of {patients.max() + 1} patients, {options.parts} parts")
    print("| split | labels | sets | fraction | size | seconds |\n|---|---|---|---|---|---|")
    for names in (COMPETITION, LABELS):
        labels = decide_labels(table[list(names)].to_numpy(dtype=float), uncertain="ones")
        sets = len(np.unique(labels == 1, axis=0))
        fractions = [1 / options.parts] * options.parts
        ways: dict[str, Callable[[], np.ndarray]] = {
            "labelset": partial(assign_labelsets, labels, patients, fractions=fractions, seed=0),
            "stratified": partial(assign_groups, labels, patients, fractions=fractions, seed=0),
            "iterative-stratification": partial(by_package, labels, patients, options.parts),
        }
        for name, assign in ways.items():
            start = time.perf_counter()
            part = assign()
            seconds = time.perf_counter() - start
            fraction, size = unevenness(labels == 1, part, options.parts)
            print(f"| {name} | {len(names)} | {sets} | {fraction:.2%} | {size:.2%} | {seconds:.1f} |")


def by_package(labels: np.ndarray, patients: np.ndarray, parts: int) -> np.ndarray:
    """Return the part of each row, of patients that have a label where any of their images has it."""
    from iterstrat.ml_stratifiers import MultilabelStratifiedKFold  # noqa: PLC0415

    has = np.zeros((patients.max() + 1, labels.shape[1]), dtype=int)
    np.maximum.at(has, patients, (labels == 1).astype(int))
    part = np.zeros(len(has), dtype=int)
    folds = MultilabelStratifiedKFold(parts, shuffle=True, random_state=0).split(has, has)
    for number, (_, held_out) in enumerate(folds):
        part[held_out] = number
    return part[patients]


def unevenness(positive: np.ndarray, part: np.ndarray, parts: int) -> tuple[float, float]:
    """Return the largest relative difference of a label's fraction from the whole, and of a part's size."""
    whole = positive.mean(axis=0)
    fraction = max(np.abs(positive[part == number].mean(axis=0) / whole - 1).max() for number in range(parts))
    sizes = np.bincount(part, minlength=parts) / len(part)
    return float(fraction), float(np.abs(sizes * parts - 1).max())


if __name__ == "__main__":
    main()
