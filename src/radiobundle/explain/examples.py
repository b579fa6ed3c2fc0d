"""A page of examples: images of each class, from the least to the most probable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from radiobundle.evaluation.predictions.table import Predictions, usable_truth
from radiobundle.explain.captions import short_name, shown_probability
from radiobundle.images.grayscale import read_grayscale
from radiobundle.reporting.style import new_figure, save
from radiobundle.spread import evenly_spread

NONE = "none of them"
_PANEL_INCH = 1.9


def write_examples(
    predictions: Predictions,
    image_paths: Sequence[str | Path],
    path: Path,
    *,
    thresholds: np.ndarray | None = None,
    columns: int = 6,
) -> None:
    """Plot a row of validation images for each class (of all images if there is no validation).

    A row shows images that truly belong to the class, from the least to the most probable according to the network, at
    evenly spaced ranks; the last row shows images without any label, by their highest probability. Missed ones have a
    thick dashed frame and a cross, found ones a check mark, so that nothing depends on colour.

    Args:
        predictions: predictions for N images.
        image_paths: their files, in the same order.
        path: PNG to write; none is written if no image has a known label.
        thresholds: (C,) thresholds that decide; None: 0.5, or the most probable class.
        columns: number of images in a row.
    """
    rows = np.flatnonzero(predictions.splits == "validation")
    rows = rows if len(rows) else np.arange(len(predictions))
    shown = predictions.subset(rows)
    predicted = shown.rule.predict(shown.probabilities, thresholds)
    lines = list(_lines(shown, predicted))
    if not lines:
        return
    figure = new_figure(columns * _PANEL_INCH, len(lines) * (_PANEL_INCH + 0.35))
    for down, (name, members, scores, found) in enumerate(lines):
        chosen = members[spread_over_ranks(scores[members], columns)]
        for across, image in enumerate(chosen):
            axes = figure.add_subplot(len(lines), columns, down * columns + across + 1)
            title = f"{'✓' if found[image] else '✗'} {shown_probability(float(scores[image]))}"
            _plot(axes, image_paths[int(rows[image])], title=title, found=bool(found[image]))
            axes.set_xlabel(short_name(str(shown.images[image])), fontsize=5)
            if across == 0:
                axes.set_ylabel(f"{name} ({len(members)})", fontsize=8)
    save(figure, path, dpi=110)


def spread_over_ranks(scores: np.ndarray, count: int) -> np.ndarray:
    """Return indices of at most `count` scores at even ranks, the lowest first and the highest last.

    >>> spread_over_ranks(np.array([0.9, 0.1, 0.5, 0.7]), 3).tolist()
    [1, 3, 0]
    """
    order = np.argsort(scores, kind="stable")
    return order[evenly_spread(len(order), count)]


def _lines(predictions: Predictions, predicted: np.ndarray) -> Iterator[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield for each row its name, its members, the scores (N,) and whether each image's prediction fits it (N,)."""
    truth = usable_truth(predictions.truth, task=predictions.task)
    for label, name in enumerate(predictions.labels):
        members = np.flatnonzero(truth[:, label] == 1)
        if len(members):
            yield name, members, predictions.probabilities[:, label], predicted[:, label]
    without = np.flatnonzero((truth == 0).all(axis=1))
    if len(without):
        yield NONE, without, predictions.probabilities.max(axis=1), np.logical_not(predicted).all(axis=1)


def _plot(axes: Axes, path: str | Path, *, title: str, found: bool) -> None:
    axes.imshow(read_grayscale(path), cmap="gray")
    axes.set_title(title, fontsize=8)
    axes.set(xticks=[], yticks=[])
    for side in axes.spines.values():
        side.set(linewidth=0.8 if found else 3, linestyle="-" if found else "--", color="black")
