"""Start a training from another training's weights."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from ignite.engine import Events
from monai.engines import Workflow

from radiobundle.networks.transfer import FirstConv
from radiobundle.pretrained.load import load_start

logger = logging.getLogger("radiobundle")


class PretrainedWeights:
    """Handler for the trainer: load other weights before the first epoch of a new run, and log which keys were used.

    It must come after `TrainingCheckpoint`, because a resumed run keeps its own weights.

    Args:
        network: a MONAI ResNet, DenseNet or EfficientNet.
        weights: name in the registry, file or https address, see `load_start`; None: none.
        first_conv: see `load_pretrained`.
    """

    def __init__(self, network: torch.nn.Module, weights: str | Path | None, first_conv: FirstConv = "sum") -> None:
        self.network, self.weights, self.first_conv = network, weights, first_conv

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer."""
        if self.weights is not None:
            engine.add_event_handler(Events.STARTED, self)

    def __call__(self, engine: Workflow) -> None:
        """Load the weights, unless the run was resumed."""
        if engine.state.epoch > 0:
            return
        assert self.weights is not None, "attached only with weights"
        report = load_start(self.network, self.weights, first_conv=self.first_conv)
        logger.info("pretrained weights from %s: %s", self.weights, report)
