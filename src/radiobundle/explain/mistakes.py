"""A page of mistakes: each image beside its heat map, with truth, prediction, probability and file name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from PIL import Image

from radiobundle.evaluation.mistakes import KINDS, Answer, find_mistakes
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.explain.captions import short_name, shown_probability
from radiobundle.explain.heat_figure import LEVELS
from radiobundle.files import write_csv
from radiobundle.images.grayscale import read_grayscale
from radiobundle.reporting.mistakes_content import FIGURE, MISTAKES
from radiobundle.reporting.style import ORANGE, new_figure, save

Heat = Callable[[int, int], np.ndarray]
"""From the row of an image and the index of a label to its heat map, (height, width)."""

_FEW_LABELS, _MANY = 3, 6  # labels that may occur together; answers of each kind
_SHOWN_PX = 240


@dataclass(frozen=True)
class _Panel:
    answer: Answer
    name: str
    path: str
    asked: str


def write_mistakes(
    predictions: Predictions,
    image_paths: Sequence[str | Path],
    folder: Path,
    *,
    thresholds: np.ndarray | None = None,
    heat: Heat | None = None,
) -> None:
    """Write `mistakes.csv` and `mistakes.png`: most confident errors, least confident correct answers.

    They come from the validation images, or from all if there is no validation: twelve of each kind for exclusive
    classes; for labels that may occur together, six of each kind for each of up to three labels, else two.

    Args:
        predictions: predictions for N images.
        image_paths: their files, in the same order.
        folder: gets both files.
        thresholds: (C,) thresholds that decide; None: 0.5, or the most probable class.
        heat: makes the heat map for an answer; None: images alone.
    """
    rows = np.flatnonzero(predictions.splits == "validation")
    rows = rows if len(rows) else np.arange(len(predictions))
    exclusive = predictions.task == "multiclass"
    count = 2 * _MANY if exclusive else _MANY if len(predictions.labels) <= _FEW_LABELS else 2
    found = find_mistakes(predictions.subset(rows), thresholds=thresholds, count=count)
    panels, records = [], []
    for answer in found:
        row = int(rows[answer.row])
        asked = "" if exclusive else predictions.labels[answer.label]
        name = str(predictions.images[row])
        panels.append(_Panel(answer, name, str(image_paths[row]), asked))
        told = {key: value for key, value in asdict(answer).items() if key not in ("row", "label")}
        records.append({"image": name, "split": str(predictions.splits[row]), "label": asked, **told})
    columns = ("image", "split", "label", "kind", "truth", "predicted", "probability", "confidence")
    write_csv(folder / MISTAKES, pd.DataFrame(records, columns=columns))
    maps = None if heat is None else [heat(int(rows[answer.row]), answer.label) for answer in found]
    if panels:
        _plot(panels, maps, folder / FIGURE, together=exclusive)


def _plot(panels: Sequence[_Panel], maps: Sequence[np.ndarray] | None, path: Path, *, together: bool) -> None:
    """Plot one block of rows for each kind, or, label by label, a row with both kinds side by side."""
    across = 4 if maps is not None else 6
    order: list[int | None] = []
    for label in dict.fromkeys(panel.asked for panel in panels):
        for kind in KINDS:
            own = [at for at, panel in enumerate(panels) if panel.asked == label and panel.answer.kind == kind]
            width = across if together or len(own) > across // 2 else across // 2
            order += [*own, *[None] * (-len(own) % width)]
    down = -(-len(order) // across)
    figure = new_figure(across * (3.1 if maps is not None else 1.9), down * 2.3)
    for cell, at in enumerate(order):
        if at is not None:
            axes = figure.add_subplot(down, across, cell + 1)
            _plot_panel(axes, panels[at], None if maps is None else maps[at])
    save(figure, path, dpi=100)


def _plot_panel(axes: Axes, panel: _Panel, heat: np.ndarray | None) -> None:
    image = Image.fromarray(np.asarray(read_grayscale(panel.path)))
    image.thumbnail((_SHOWN_PX, _SHOWN_PX))
    pixels = np.asarray(image)
    axes.imshow(pixels if heat is None else np.hstack([pixels, pixels]), cmap="gray")
    if heat is not None and np.ptp(heat) <= 0:
        axes.text(1.5 * pixels.shape[1], 0.5 * pixels.shape[0], "no heat", color=ORANGE, ha="center", fontsize=7)
    if heat is not None and np.ptp(heat) > 0:
        height, width = pixels.shape
        over = cv2.resize(heat.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        levels = over.max() * LEVELS
        axes.contour(np.arange(width) + width, np.arange(height), over, levels=levels, colors=ORANGE,
                     linewidths=(0.7, 1.1, 1.6))  # fmt: skip
    wrong = panel.answer.kind == "confident error"
    asked = f"{panel.asked}: " if panel.asked else ""
    title = f"{asked}is {panel.answer.truth}\n{'✗' if wrong else '✓'} {panel.answer.predicted}"
    axes.set_title(f"{title} ({shown_probability(panel.answer.probability)})", fontsize=9)
    axes.set_xlabel(short_name(panel.name), fontsize=8)
    axes.set(xticks=[], yticks=[])
    for side in axes.spines.values():
        side.set(linewidth=3 if wrong else 0.8, linestyle="--" if wrong else "-", color="black")
