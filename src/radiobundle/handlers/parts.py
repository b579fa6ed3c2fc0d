"""The interface of report parts that need the evaluated network or its images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from monai.engines import Workflow
from torch.utils.data import Dataset, default_collate

from radiobundle.evaluation.predictions.table import Predictions


@dataclass(frozen=True)
class Evaluated:
    """An evaluation that has just finished.

    Attributes:
        engine: the evaluator.
        predictions: predictions for N images.
        indices: (N,) index of each image in the evaluated data set.
        folder: gets the files of the part; the report is made from them.
        thresholds: (C,) thresholds that decide; None: 0.5, or the most probable class.
        resamples: number of resamples for the intervals.
        seed: seed of everything random.
    """

    engine: Workflow
    predictions: Predictions
    indices: np.ndarray
    folder: Path
    thresholds: np.ndarray | None
    resamples: int
    seed: int

    def inputs(self, rows: Sequence[int] | np.ndarray, dataset: Dataset | None = None) -> torch.Tensor:
        """Return the network's input for some images, (batch, channels, height, width), on its device.

        Args:
            rows: rows of the predictions.
            dataset: other pixels of the same images; None: the evaluated ones.
        """
        loader: Any = self.engine.data_loader
        source: Any = loader.dataset if dataset is None else dataset
        wanted = [int(self.indices[row]) for row in rows]
        return self.engine.prepare_batch(batch_of(source, wanted), self.engine.state.device, False)[0]


def batch_of(dataset: Any, indices: Sequence[int]) -> dict[str, torch.Tensor]:
    """Return items of a data set as one batch, whether or not it makes batches itself."""
    if hasattr(dataset, "__getitems__"):
        return dataset.__getitems__(indices)
    return default_collate([dataset[index] for index in indices])


class ReportPart(Protocol):
    """A part that `PredictionsWriter` runs, in the first process, before the report is made."""

    def write(self, evaluated: Evaluated) -> None:
        """Write the files."""
        ...
