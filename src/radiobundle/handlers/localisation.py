"""Score heat maps against the boxes that came with the datalist."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import ignite.distributed as idist
import numpy as np
import pandas as pd
import torch
from ignite.engine import Events
from monai.engines import Workflow
from monai.utils.enums import CommonKeys as Keys

from radiobundle.explain.heat_figure import HeatPanel, plot_heat
from radiobundle.explain.heat_maps import HeatMaps
from radiobundle.explain.pointing_game import covered_fraction, hottest_spot, is_inside
from radiobundle.explain.pointing_report import write_pointing_report
from radiobundle.images.reader import RadiographReader

SHOWN = 24

Part = TypeVar("Part")


class PointingGame:
    """Handler for an evaluator: play the pointing game on every image with boxes, and write the report at the end.

    Writes `localisation.csv`, `localisation.json`, `localisation.md` and `localisation.png` (the first images). Boxes
    are fractions of the whole image's sides, so the network must see the whole image.

    Args:
        network: the evaluated one, after its weights are loaded.
        data: the items that are evaluated, in the order of the data set; `boxes` of an item is a list of
            {label, x, y, width, height}.
        labels: of the network.
        reader: of the images; it must not crop.
        output_dir: where the report goes.
        layer: of the network, see `HeatMaps`.

    Raises:
        ValueError: no item has a box, or the reader crops.
    """

    def __init__(
        self,
        *,
        network: torch.nn.Module,
        data: Sequence[dict[str, Any]],
        labels: Sequence[str],
        reader: RadiographReader,
        output_dir: str | Path,
        layer: str | None = None,
    ) -> None:
        if not any(item.get("boxes") for item in data):
            raise ValueError("no image of this evaluation has boxes; use a datalist whose source has them")
        if _crops(reader):
            raise ValueError("these recipes crop the images, so their boxes no longer match; localise without cropping")
        self.network, self.data, self.labels, self.layer = network, data, list(labels), layer
        self.output_dir = Path(output_dir)

    def attach(self, engine: Workflow) -> None:
        """Register with the evaluator."""
        engine.add_event_handler(Events.STARTED, self.start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)
        engine.add_event_handler(Events.COMPLETED, self.write)

    def start(self, engine: Workflow) -> None:
        """Forget an earlier evaluation; the weights are loaded only after this."""
        self._heat_maps: HeatMaps | None = None
        self._points: list[dict[str, Any]] = []
        self._panels: list[HeatPanel] = []

    def __call__(self, engine: Workflow) -> None:
        """Play with the images of this batch that have boxes."""
        if self._heat_maps is None:
            self._heat_maps = HeatMaps(self.network, self.layer)
        images, probabilities = engine.state.output[Keys.IMAGE], engine.state.output[Keys.PRED]
        for row, index in enumerate(engine.state.batch["index"].tolist()):
            item = self.data[index]
            for finding in dict.fromkeys(box["label"] for box in item.get("boxes") or ()):
                label = self.labels.index(finding)
                heat = self._heat_maps(images[row : row + 1], label)[0].float().cpu().numpy()
                self._play(item, finding, heat, float(probabilities[row, label]))

    def write(self, engine: Workflow) -> None:
        """Write the report of all processes' images (the first process does)."""
        points = [point for part in _gather(self._points) for point in part]
        own = self._heat_maps.layers if self._heat_maps else []  # this process may have had no image with boxes
        layers = sorted({layer for part in _gather(own) for layer in part})
        if idist.get_rank() > 0:
            return
        table = pd.DataFrame(points).sort_values(["image", "finding"])
        write_pointing_report(table, labels=self.labels, layers=layers, output_dir=self.output_dir)
        plot_heat(self._panels, self.output_dir / "localisation.png")

    def _play(self, item: dict[str, Any], finding: str, heat: np.ndarray, probability: float) -> None:
        boxes = [box for box in item["boxes"] if box["label"] == finding]
        x, y = hottest_spot(heat)
        hit = is_inside(x, y, boxes)
        self._points.append(
            {
                "image": item["name"],
                "split": item["split"],
                "finding": finding,
                "probability": probability,
                "x": x,
                "y": y,
                "hit": hit,
                "centre_hit": is_inside(0.5, 0.5, boxes),
                "box_fraction": covered_fraction(boxes),
            }
        )
        if len(self._panels) < SHOWN:
            title = f"{finding} {'✓' if hit else '✗'}"
            self._panels.append(HeatPanel(item["image"], title, heat, (x, y), boxes))


def _crops(reader: RadiographReader) -> bool:
    probe: Any = np.linspace(0, 255, 10_000, dtype=np.float32).reshape(1, 100, 100)
    for step in reader.steps:
        probe = step(probe)
    return tuple(probe.shape[1:]) != (100, 100)


def _gather(part: list[Part]) -> list[list[Part]]:
    if idist.get_world_size() == 1:
        return [part]
    gathered: list[Any] = [None] * idist.get_world_size()
    torch.distributed.all_gather_object(gathered, part)
    return gathered
