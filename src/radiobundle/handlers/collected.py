"""The outputs of an evaluation, of all processes, each image once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from ignite.engine import Events
from monai.engines import Workflow
from monai.utils import evenly_divisible_all_gather
from monai.utils.enums import CommonKeys as Keys

from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.labels import IGNORED, Task, hard_labels

_NO_GROUPS = {"image", "label", "name", "split", "patient_id", "box", "boxes"}


class CollectedOutputs:
    """Keeps values of the images of an evaluation, which stay on the device until they are asked for.

    Args:
        take: returns those of the latest batch, (batch, values); None: its probabilities, float64.
    """

    def __init__(self, take: Callable[[], torch.Tensor] | None = None) -> None:
        self._take = take

    def attach(self, engine: Workflow) -> None:
        """Register with the evaluator."""
        engine.add_event_handler(Events.STARTED, self.start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)

    def start(self, engine: Workflow) -> None:
        """Forget what an earlier evaluation collected."""
        self._values: list[torch.Tensor] = []
        self._indices: list[torch.Tensor] = []

    def __call__(self, engine: Workflow) -> None:
        """Keep a batch."""
        self._values.append(self._take() if self._take else engine.state.output[Keys.PRED].detach().double())
        self._indices.append(engine.state.batch["index"])

    def gather(self, device: torch.device) -> tuple[np.ndarray, np.ndarray]:
        """Return the index of each evaluated image (N,), rising, and its values (N, values).

        Every process must call it, and gets the images of all.
        """
        values = evenly_divisible_all_gather(torch.cat(self._values), concat=True).cpu().numpy()
        indices = evenly_divisible_all_gather(torch.cat(self._indices).to(device), concat=True).cpu().numpy()
        indices, first = np.unique(indices, return_index=True)
        return indices, values[first]


def predictions_of(
    items: Sequence[dict[str, Any]], probabilities: np.ndarray, *, labels: Sequence[str], task: Task
) -> Predictions:
    """Return the predictions for items, which may lack labels, patients and all that is not `name` and `split`."""
    table = pd.DataFrame(items)
    truth = np.full(probabilities.shape, IGNORED, np.int8)
    if "label" in table:
        truth = hard_labels(table["label"].tolist())
    return Predictions(
        images=table["name"].to_numpy(str),
        patient_ids=table["patient_id"].to_numpy(object) if "patient_id" in table else None,
        splits=table["split"].to_numpy(str),
        labels=tuple(labels),
        truth=truth,
        probabilities=probabilities,
        groups=table.drop(columns=_NO_GROUPS & set(table.columns)),
        task=task,
    )
