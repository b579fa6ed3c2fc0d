"""Optimisers that train other weights than those to be judged, and are told which of them the network needs now."""

from __future__ import annotations

from typing import Any

from ignite.engine import Events
from monai.engines import Workflow


class OptimizerMode:
    """Handler for the trainer: a schedule-free optimiser's `train()` before each step, its `eval()` before the weights are used.

    Such an optimiser takes its steps at one point, and judges and saves the network at another, an average of all steps
    so far (Defazio et al. 2024, "The Road Less Scheduled", equations 3 to 5). Nothing happens with one that has no modes.

    Args:
        optimizer: with or without `train` and `eval`.
        validator: judges the network at the end of an epoch, and within it for the handler `LossHistory`; None: nothing does.
    """

    def __init__(self, *, optimizer: Any, validator: Workflow | None = None) -> None:
        self.optimizer, self.validator = optimizer, validator

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer, before all that reads an epoch's weights."""
        if not callable(getattr(self.optimizer, "eval", None)):
            return
        engine.add_event_handler(Events.ITERATION_STARTED, lambda: self.optimizer.train())
        engine.add_event_handler(Events.EPOCH_COMPLETED, lambda: self.optimizer.eval())
        if self.validator is not None:
            self.validator.add_event_handler(Events.STARTED, lambda: self.optimizer.eval())
