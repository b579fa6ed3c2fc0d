"""Learn the features of validation images, so that `predict` can flag images that are unlike them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ignite.distributed as idist
from ignite.engine import Events
from monai.engines import Workflow
from torch import nn

from radiobundle.bundles.running import merged_config
from radiobundle.evaluation.fitting.out_of_distribution import FILE, fit_out_of_distribution, write_out_of_distribution
from radiobundle.handlers.collected import CollectedOutputs
from radiobundle.handlers.weights import evaluated_sha256
from radiobundle.networks.features import FeatureTap
from radiobundle.training.trained_run import input_changes, read_training

logger = logging.getLogger(__name__)


class OutOfDistributionWriter:
    """Handler for an evaluator: fit the out-of-distribution score on the validation images, beside the weights.

    With too few validation images, or a network without a fully connected layer, it logs a warning and writes no file.

    Args:
        network: the evaluated network; None (an ensemble): there is no score.
        data: the evaluated items, in the order of the data set.
        ckpt_dir: folder of the weights.
    """

    def __init__(self, *, network: nn.Module | None, data: Sequence[dict[str, Any]], ckpt_dir: str | Path) -> None:
        self.network, self.data, self.path = network, data, Path(ckpt_dir) / FILE

    def attach(self, engine: Workflow) -> None:
        """Register with the evaluator."""
        engine.add_event_handler(Events.STARTED, self.start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)
        engine.add_event_handler(Events.COMPLETED, self.write)

    def start(self, engine: Workflow) -> None:
        """Start to record the network's features."""
        self._tap: FeatureTap | None = None
        try:
            if self.network is not None:
                self._tap = FeatureTap(self.network)
                self._collected = CollectedOutputs(self._tap.take)
                self._collected.start(engine)
        except ValueError as error:
            logger.warning("no out-of-distribution score: %s", error)

    def __call__(self, engine: Workflow) -> None:
        """Keep the features of a batch."""
        if self._tap is not None:
            self._collected(engine)

    def write(self, engine: Workflow) -> None:
        """Fit and write, for all processes' images (the first process does)."""
        if self._tap is None:
            return
        self._tap.remove()
        indices, features = self._collected.gather(engine.state.device)
        if idist.get_rank() > 0:
            return
        mine = [row for row, index in enumerate(indices) if self.data[index]["split"] == "validation"]
        if not mine or input_changes(read_training(self.path.parent), merged_config()):
            return  # keep what an earlier evaluation learned
        items = [self.data[index] for index in indices[mine]]
        try:
            found = fit_out_of_distribution(
                features[mine], [str(item.get("patient_id", item["name"])) for item in items]
            )
        except ValueError as error:
            logger.warning("no out-of-distribution score: %s", error)
        else:
            write_out_of_distribution(self.path, replace(found, weights_sha256=evaluated_sha256(engine)))
