"""A page of films with what they are and what the network says."""

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
    predictions: Predictions,
    image_paths: Sequence[str],
    path: str | Path,
    *,
    count: int = 24,
    columns: int = 6,
) -> None:
    """Draw validation films (any split where there is no validation) with truth, prediction and probability.

    The films are taken at even steps through the split, so that all classes of a sorted datalist appear. Mistakes have
    a thick dashed frame and a cross, correct ones a check mark: no colour has to be told apart.

    Args:
        predictions: what the network said of N films.
        image_paths: their files, in the same order.
        path: PNG to write.
        count: number of films.
        columns: films in a row.
    """
    places = np.flatnonzero(predictions.splits == "validation")
    if not len(places):
        places = np.arange(len(predictions.images))
    chosen = places[np.linspace(0, len(places) - 1, min(count, len(places))).round().astype(int)]
    predicted = predictions.rule.predict(predictions.probabilities)
    rows = -(-len(chosen) // columns)
    figure = Figure(figsize=(2.1 * columns, 2.6 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    for cell, place in enumerate(chosen):
        axes = figure.add_subplot(rows, columns, cell + 1)
        axes.imshow(read_grayscale(image_paths[place]), cmap="gray", aspect="auto")
        truth, said = predictions.truth[place], predicted[place]
        correct = bool(((truth == 1) == said)[truth >= 0].all())
        axes.set_title(_caption(predictions, place, said, correct), fontsize=8)
        axes.set_xticks([])
        axes.set_yticks([])
        for side in axes.spines.values():
            side.set(linewidth=0.8 if correct else 4, linestyle="-" if correct else "--", color="black")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _caption(predictions: Predictions, place: int, said: np.ndarray, correct: bool) -> str:
    names = np.asarray(predictions.labels)
    truth = ", ".join(names[predictions.truth[place] == 1]) or "none"
    shown = said if said.any() else predictions.probabilities[place] == predictions.probabilities[place].max()
    said_names = ", ".join(names[said]) or "none"
    probability = predictions.probabilities[place][shown].max()
    return f"is {truth}\n{'✓' if correct else '✗'} {said_names} ({probability:.2f})"
