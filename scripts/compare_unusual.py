"""How well does the out-of-distribution distance tell other images from a model's own? AUROC with intervals (DeLong).

    python scripts/compare_unusual.py OURS/predictions.csv bones=OTHER/predictions.csv noise=... [--patient REGEX]

The tables are `radiobundle predict`'s. For comparison: one minus the highest probability, the usual baseline (Hendrycks
and Gimpel 2017).
"""

from __future__ import annotations

import argparse
import re

import numpy as np
import pandas as pd

from radiobundle.evaluation.metrics.delong import delong
from radiobundle.serving.table import UNUSUAL, is_unusual


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ours", help="predictions of images as the model knows them")
    parser.add_argument("others", nargs="+", metavar="NAME=CSV", help="predictions of other images")
    parser.add_argument("--patient", default="(.+)", help="its group 1 in an image's name is the patient")
    arguments = parser.parse_args()
    ours = read(arguments.ours, arguments.patient)
    quantiles = ", ".join(f"{value:.2f}" for value in ours["ood_score"].quantile([0.1, 0.5, 0.9]))
    print(f"{len(ours)} own images: score {quantiles} (10, 50, 90 %), above {UNUSUAL}: {fraction(ours)}\n")
    print(f"| images | number | AUROC of the distance | of the highest probability | above {UNUSUAL} |")
    print("|---|---|---|---|---|")
    for name, path in (other.split("=", 1) for other in arguments.others):
        other = read(path, arguments.patient)
        both = pd.concat([ours, other])
        found = delong(np.arange(len(both)) >= len(ours), both[["ood_distance", "unsure"]].to_numpy(),
                       clusters=both["patient"].to_numpy())  # fmt: skip
        cells = [text(*numbers) for numbers in zip(found.auroc, *found.interval(), strict=True)]
        print(f"| {name} | {len(other)} | {' | '.join(cells)} | {fraction(other)} |")


def read(path: str, patient: str) -> pd.DataFrame:
    table = pd.read_csv(path)
    names = [re.search(patient, image) for image in table["image"]]
    found = [image if match is None else match[1] for image, match in zip(table["image"], names, strict=True)]
    unsure = 1 - table.filter(like="prob:").max(axis=1)
    return table[["ood_distance", "ood_score"]].assign(patient=found, unsure=unsure)


def fraction(table: pd.DataFrame) -> str:
    return f"{is_unusual(table).mean():.1%}"


def text(value: float, low: float, high: float) -> str:
    return f"{value:.3f}" + ("" if np.isnan(low) else f" ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main()
