"""Optimisers that train other weights than those to be judged, and are told which of them the network needs now."""

from __future__ import annotations

from typing import Any

from ignite.engine import Events
from monai.engines import SupervisedEvaluator, SupervisedTrainer, Workflow


class OptimizerMode:
    """Handler for the trainer: puts a schedule-free optimiser into its mode for steps, or that for all else.

    Such an optimiser takes its steps at one point, and judges and saves the network at another, an average of all
    steps so far (Defazio et al. 2024, "The Road Less Scheduled", equations 3 to 5). One without modes is left alone.

    Args:
        optimizer: with or without `train` and `eval`.
        validator: judges the network, at the end of an epoch or within it; None: nothing does.
    """

    def __init__(self, *, optimizer: Any, validator: SupervisedEvaluator | None = None) -> None:
        self.optimizer, self.validator = optimizer, validator

    def attach(self, engine: SupervisedTrainer) -> None:
        """Register with the trainer, before all that reads an epoch's weights."""
        if not callable(getattr(self.optimizer, "eval", None)):
            return
        engine.add_event_handler(Events.STARTED, self.refuse_second_average)
        engine.add_event_handler(Events.ITERATION_STARTED, self.prepare_step)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self.show_average)
        if self.validator is not None:
            self.validator.add_event_handler(Events.STARTED, self.show_average)

    def refuse_second_average(self, engine: SupervisedTrainer) -> None:
        """Raise ValueError if a moving average of the network would be judged instead of the optimiser's."""
        if self.validator is not None and self.validator.network is not engine.network:
            raise ValueError("ema_decay: a schedule-free optimiser keeps an average of its own; set ema_decay to null")

    def prepare_step(self, engine: Workflow) -> None:
        """Give the network the weights at which the next gradient is taken."""
        self.optimizer.train()

    def show_average(self, engine: Workflow) -> None:
        """Give the network the average."""
        self.optimizer.eval()
