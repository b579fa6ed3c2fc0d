"""The page of an evaluation's mistakes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from radiobundle.explain.heat_maps import HeatMaps
from radiobundle.explain.mistakes import write_mistakes
from radiobundle.handlers.parts import Evaluated
from radiobundle.images.grid import over_whole_image
from radiobundle.images.reader import RadiographReader

logger = logging.getLogger(__name__)


class MistakesGallery:
    """Part of a report: `mistakes.csv` and `mistakes.png`, see `write_mistakes`.

    Args:
        data: the evaluated items, in the order of the data set.
        network: the evaluated network, for heat maps; None: images without heat maps, as for an ensemble.
        layer: layer of the network, see `HeatMaps`.
        reader: reader of the images, whose crops are undone; None: there is none.
    """

    def __init__(
        self,
        *,
        data: Sequence[dict[str, Any]],
        network: torch.nn.Module | None = None,
        layer: str | None = None,
        reader: RadiographReader | None = None,
    ) -> None:
        self.data, self.network, self.layer = data, network, layer
        self.steps = () if reader is None else reader.steps

    def write(self, evaluated: Evaluated) -> None:
        """Write both files."""
        paths = [self.data[index]["image"] for index in evaluated.indices]
        maps = None if self.network is None else HeatMaps(self.network, self.layer)
        if maps is not None and not _has_map(maps, evaluated):
            maps = None

        def heat(row: int, label: int) -> np.ndarray:
            assert maps is not None
            found: np.ndarray = maps(evaluated.inputs([row]), label)[0].float().cpu().numpy()
            return over_whole_image(found, paths[row], steps=self.steps)

        write_mistakes(
            evaluated.predictions,
            paths,
            evaluated.folder,
            thresholds=evaluated.thresholds,
            heat=None if maps is None else heat,
        )


def _has_map(maps: HeatMaps, evaluated: Evaluated) -> bool:
    """Whether the network can produce heat maps; if it cannot, log a warning."""
    try:
        maps(evaluated.inputs([0]), 0)
    except ValueError as error:
        logger.warning("mistakes are shown without heat maps: %s", error)
        return False
    return True
