"""Heat maps of the most interesting images of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import torch

from radiobundle.explain.captions import short_name
from radiobundle.explain.interesting import Interesting, choose_interesting
from radiobundle.explain.methods import DEFAULT, Explanation, check_methods, explain_by
from radiobundle.explain.on_image import gray_on_grid, heat_on_grid
from radiobundle.explain.overlay_figure import OverlayRow, plot_overlays
from radiobundle.files import write_csv
from radiobundle.handlers.parts import Evaluated
from radiobundle.images.grid import read_grid
from radiobundle.images.reader import RadiographReader

_COLUMNS = ("image", "split", "label", "reason", "probability", "method", "layer", "x", "y")


class HeatMapWriter:
    """Part of a report: explain the clearest misses, the most confident false alarms and the most confident finds.

    Writes `heat_maps.png` (a row for each image and its heat maps) and `heat_maps.csv`. Predictions are decided as in
    the report: the most probable of exclusive classes, else the labels that reach their thresholds.

    Args:
        network: the evaluated network.
        data: the evaluated items, in the order of the data set.
        reader: reader of the images.
        methods: names in `explain.methods.METHODS`.
        layer: layer of the network, for methods that use one; None: chosen automatically.
        count: number of images.

    Raises:
        ValueError: a method is unknown.
    """

    def __init__(
        self,
        *,
        network: torch.nn.Module,
        data: Sequence[dict[str, Any]],
        reader: RadiographReader,
        methods: Sequence[str] = (DEFAULT,),
        layer: str | None = None,
        count: int = 12,
    ) -> None:
        check_methods(methods, layer=layer)
        self.network, self.data, self.reader = network, data, reader
        self.methods, self.layer, self.count = tuple(methods), layer, count

    def write(self, evaluated: Evaluated) -> None:
        """Choose images and explain them."""
        predictions = evaluated.predictions
        predicted = predictions.rule.predict(predictions.probabilities, evaluated.thresholds)
        explanations = {name: explain_by(name, self.network, layer=self.layer) for name in self.methods}
        rows, lines = list[dict[str, Any]](), list[OverlayRow]()
        for chosen in choose_interesting(predictions.truth, predictions.probabilities, predicted, count=self.count):
            line, found = self._explain(evaluated, chosen, explanations)
            lines.append(line)
            rows += found
        if lines:  # without any label nothing is right or wrong
            plot_overlays(lines, evaluated.folder / "heat_maps.png", panel_inch=2.4)
        write_csv(evaluated.folder / "heat_maps.csv", pd.DataFrame(rows, columns=_COLUMNS))

    def _explain(
        self, evaluated: Evaluated, chosen: Interesting, explanations: dict[str, Explanation]
    ) -> tuple[OverlayRow, list[dict[str, Any]]]:
        predictions, path = evaluated.predictions, self.data[int(evaluated.indices[chosen.row])]["image"]
        name, label = str(predictions.images[chosen.row]), predictions.labels[chosen.label]
        probability = float(predictions.probabilities[chosen.row, chosen.label])
        image, grid = evaluated.inputs([chosen.row]), read_grid(path)
        overlays, rows = [], []
        for method, explanation in explanations.items():
            overlays.append(heat_on_grid(method, explanation, image, chosen.label, grid=grid, steps=self.reader.steps))
            split, layer = str(predictions.splits[chosen.row]), explanation.layer_for(chosen.label)
            cells = (name, split, label, chosen.reason, probability, method, layer, *overlays[-1].spot)
            rows.append(dict(zip(_COLUMNS, cells, strict=True)))
        text = f"{chosen.reason}: {label} {probability:.2f}\n{short_name(name)}"
        return OverlayRow(gray_on_grid(path, grid), text, overlays), rows
