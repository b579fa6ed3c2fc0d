"""A page of images with what they are and what the network says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.files import replacing
from radiobundle.images.grayscale import read_grayscale


def write_gallery(
    predictions: Predictions, image_paths: Sequence[str], path: str | Path, *, count: int = 24, columns: int = 6
) -> None:
    """Plot validation images (any split where there is no validation) with truth, prediction and probability.

    The images are taken at even steps through the split, so that all classes of a sorted datalist appear. Mistakes have
    a thick dashed frame and a cross, correct ones a check mark: no colour has to be told apart.

    Args:
        predictions: what the network said of N images.
        image_paths: their files, in the same order.
        path: PNG to write.
        count: number of images.
        columns: images in a row.
    """
    candidates = np.flatnonzero(predictions.splits == "validation")
    if not len(candidates):
        candidates = np.arange(len(predictions.images))
    chosen = candidates[np.linspace(0, len(candidates) - 1, min(count, len(candidates))).round().astype(int)]
    predicted_all = predictions.rule.predict(predictions.probabilities)
    rows = -(-len(chosen) // columns)
    figure = Figure(figsize=(2.1 * columns, 2.6 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    for cell, index in enumerate(chosen):
        axes = figure.add_subplot(rows, columns, cell + 1)
        axes.imshow(read_grayscale(image_paths[index]), cmap="gray", aspect="auto")
        truth, predicted = predictions.truth[index], predicted_all[index]
        correct = bool(((truth == 1) == predicted)[truth >= 0].all())
        axes.set_title(_caption(predictions, index, predicted, correct), fontsize=8)
        axes.set_xticks([])
        axes.set_yticks([])
        for side in axes.spines.values():
            side.set(linewidth=0.8 if correct else 4, linestyle="-" if correct else "--", color="black")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _caption(predictions: Predictions, index: int, predicted: np.ndarray, correct: bool) -> str:
    names = np.asarray(predictions.labels)
    truth = ", ".join(names[predictions.truth[index] == 1]) or "none"
    shown = predicted if predicted.any() else predictions.probabilities[index] == predictions.probabilities[index].max()
    predicted_names = ", ".join(names[predicted]) or "none"
    probability = predictions.probabilities[index][shown].max()
    return f"is {truth}\n{'✓' if correct else '✗'} {predicted_names} ({probability:.2f})"
