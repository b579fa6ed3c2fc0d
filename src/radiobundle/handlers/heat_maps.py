"""Heat maps of the most interesting images of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import numpy as np
import pandas as pd
import torch
from ignite.engine import Events
from monai.engines import Workflow
from monai.utils import evenly_divisible_all_gather
from monai.utils.enums import CommonKeys as Keys

from radiobundle.explain.interesting import Interesting, choose_interesting
from radiobundle.explain.methods import DEFAULT, METHODS, Explanation, check_methods, explain_by
from radiobundle.explain.overlay_figure import Overlay, OverlayRow, plot_overlays
from radiobundle.explain.pointing_game import hottest_spot
from radiobundle.files import replacing
from radiobundle.images.grayscale import read_grayscale
from radiobundle.images.grid import read_grid, to_image_grid
from radiobundle.images.reader import RadiographReader
from radiobundle.labels import hard_labels


class HeatMapWriter:
    """Handler for an evaluator: explain the furthest misses, the surest false alarms and the surest finds.

    Writes `heat_maps.png` (a row for each image: it and its heat maps) and `heat_maps.csv` when the evaluation ends.

    Args:
        network: the evaluated one, after its weights are loaded.
        data: the items that are evaluated, in the order of the data set, with labels.
        labels: of the network.
        reader: of the images.
        prepare_batch: of the evaluator, from pixels to the network's input.
        output_dir: where the figure goes.
        methods: names in `explain.methods.METHODS`.
        layer: of the network, for methods that look at one; None: they find it.
        count: of images.

    Raises:
        ValueError: a method is not known, or the items have no labels.
    """

    def __init__(
        self,
        *,
        network: torch.nn.Module,
        data: Sequence[dict[str, Any]],
        labels: Sequence[str],
        reader: RadiographReader,
        prepare_batch: Callable[..., Any],
        output_dir: str | Path,
        methods: Sequence[str] = (DEFAULT,),
        layer: str | None = None,
        count: int = 12,
    ) -> None:
        check_methods(methods, layer=layer)
        if not data or "label" not in data[0]:
            raise ValueError("no labels: heat maps of mistakes need a datalist with labels")
        self.network, self.data, self.labels, self.reader = network, data, list(labels), reader
        self.prepare_batch, self.output_dir = prepare_batch, Path(output_dir)
        self.methods, self.layer, self.count = tuple(methods), layer, count

    def attach(self, engine: Workflow) -> None:
        """Register with the evaluator."""
        engine.add_event_handler(Events.STARTED, self.start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)
        engine.add_event_handler(Events.COMPLETED, self.write)

    def start(self, engine: Workflow) -> None:
        """Forget an earlier evaluation."""
        self._probabilities: list[torch.Tensor] = []
        self._indices: list[torch.Tensor] = []

    def __call__(self, engine: Workflow) -> None:
        """Keep a batch's probabilities; they stay on the device."""
        self._probabilities.append(engine.state.output[Keys.PRED].detach())
        self._indices.append(engine.state.batch["index"].to(engine.state.device))

    def write(self, engine: Workflow) -> None:
        """Choose among all processes' images, and explain them (the first process does)."""
        probabilities = evenly_divisible_all_gather(torch.cat(self._probabilities), concat=True).double().cpu().numpy()
        indices = evenly_divisible_all_gather(torch.cat(self._indices), concat=True).cpu().numpy()
        if idist.get_rank() > 0:
            return
        indices, first = np.unique(indices, return_index=True)
        items, probabilities = [self.data[index] for index in indices], probabilities[first]
        truth = hard_labels([item["label"] for item in items])
        explanations = {name: explain_by(name, self.network, layer=self.layer) for name in self.methods}
        rows, lines = [], []
        for chosen in choose_interesting(truth, probabilities, count=self.count):
            probability = float(probabilities[chosen.row, chosen.label])
            line, found = self._explain(engine, items[chosen.row], chosen, probability, explanations)
            lines.append(line)
            rows += found
        if lines:  # without any label there is nothing to be right or wrong about
            plot_overlays(lines, self.output_dir / "heat_maps.png", panel_inch=2.4)
        with replacing(self.output_dir / "heat_maps.csv") as temporary:
            pd.DataFrame(rows).to_csv(temporary, index=False)

    def _explain(
        self,
        engine: Workflow,
        item: dict[str, Any],
        chosen: Interesting,
        probability: float,
        explanations: dict[str, Explanation],
    ) -> tuple[OverlayRow, list[dict[str, Any]]]:
        pixels = torch.from_numpy(self.reader(item["image"]))[None]
        image = self.prepare_batch({"image": pixels}, engine.state.device)[0]
        grid, label = read_grid(item["image"]), self.labels[chosen.label]
        overlays, rows = [], []
        for name, explanation in explanations.items():
            seen = explanation(image, chosen.label)[0].float().cpu().numpy()
            heat = to_image_grid(seen, grid, steps=self.reader.steps)
            spot = hottest_spot(np.maximum(heat, 0))
            overlays.append(Overlay(METHODS[name].title, heat, spot, is_signed=METHODS[name].is_signed))
            rows.append(
                {
                    "image": item["name"],
                    "split": item["split"],
                    "label": label,
                    "reason": chosen.reason,
                    "probability": probability,
                    "method": name,
                    "layer": explanation.layer_for(chosen.label),
                    "x": spot[0],
                    "y": spot[1],
                }
            )
        shown = to_image_grid(read_grayscale(item["image"]).astype(np.float32), grid)
        text = f"{chosen.reason}: {label} {probability:.2f}\n{item['name'][-40:]}"
        return OverlayRow(shown, text, overlays), rows
