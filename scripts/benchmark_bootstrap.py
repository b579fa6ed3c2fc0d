"""Bootstrap intervals of every metric, against a scikit-learn loop over the AUROC alone.

Made-up predictions of the size of ChestX-ray14's test list: 25,596 images, 14 classes, prevalences from 0.2 % to 20 %,
1,000 resamples. Ours computes every metric of the report on every resample (all classes; macro, micro and weighted
means); the loop computes `roc_auc_score` per class, on `--loop-resamples` resamples, and is scaled up.

    python scripts/benchmark_bootstrap.py
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from benchmark_common import describe_machine, make_parser, publish
from radiobundle.evaluation.estimates import evaluate
from radiobundle.evaluation.predictions.table import Predictions


def main() -> None:
    parser = make_parser(__doc__, rounds=3)
    parser.add_argument("--images", type=int, default=25_596)
    parser.add_argument("--classes", type=int, default=14)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--loop-resamples", type=int, default=20)
    arguments = parser.parse_args()
    made = make_predictions(arguments.images, arguments.classes)
    ours, loop = [], []
    for _ in range(arguments.rounds):
        begin = time.perf_counter()
        found = evaluate(made, resamples=arguments.resamples)
        ours.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        sklearn_loop(made, arguments.loop_resamples)
        loop.append((time.perf_counter() - begin) * arguments.resamples / arguments.loop_resamples)
    numbers = sum(value[0].size for value in found.replicates.values())
    fast, slow = float(np.median(ours)), float(np.median(loop))
    rows = [
        {"": "radiobundle", "numbers per resample": numbers, "seconds": round(fast, 1), "ours is": ""},
        {
            "": "scikit-learn loop, AUROC only",
            "numbers per resample": arguments.classes,
            "seconds": round(slow, 1),
            "ours is": f"{slow / fast:.0f} x",
        },
    ]
    facts = {
        "machine": describe_machine(),
        "images": arguments.images,
        "classes": arguments.classes,
        "resamples": arguments.resamples,
        "loop measured on": f"{arguments.loop_resamples} resamples, scaled",
    }
    publish("Bootstrap intervals", facts, rows, arguments.output)


def make_predictions(images: int, classes: int) -> Predictions:
    rng = np.random.default_rng(0)
    prevalence = np.geomspace(0.002, 0.2, classes)
    truth = (rng.random((images, classes)) < prevalence).astype(np.int8)
    scores = 1 / (1 + np.exp(-(rng.normal(size=truth.shape) + 1.2 * truth - 2)))
    return Predictions(
        images=np.array([f"{number:08}.png" for number in range(images)], dtype=object),
        patient_ids=None,
        splits=np.full(images, "test", dtype=object),
        labels=tuple(f"finding {number}" for number in range(classes)),
        truth=truth,
        probabilities=scores,
        groups=pd.DataFrame(index=range(images)),
        task="multilabel",
    )


def sklearn_loop(made: Predictions, resamples: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    aurocs = np.empty((resamples, len(made.labels)))
    for row in aurocs:
        drawn = rng.integers(0, len(made), len(made))
        for index in range(len(made.labels)):
            row[index] = roc_auc_score(made.truth[drawn, index], made.probabilities[drawn, index])
    return aurocs


if __name__ == "__main__":
    main()
