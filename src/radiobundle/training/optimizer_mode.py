"""Optimisers that train other weights than those to be judged, and are told which of them the network needs now."""

from __future__ import annotations

from typing import Any

from ignite.engine import Events
from monai.engines import Workflow

from radiobundle.training.averaging import WeightAverage


class OptimizerMode:
    """Handler for the trainer: a schedule-free optimiser's training mode before a step, evaluation mode for all else.

    Such an optimiser takes its steps at one point, and judges and saves the network at another, an average of all
    steps so far (Defazio et al. 2024, "The Road Less Scheduled", equations 3 to 5). One without modes is left alone.

    Args:
        optimizer: with or without `train` and `eval`.
        validator: judges the network, at the end of an epoch or within it; None: nothing does.
        average: a moving average of the weights, which may not be kept as well.

    Raises:
        ValueError: a moving average would be judged instead of the optimiser's own; or, during training, a schedule
            changes betas, by which the optimiser tells the two points from each other.
    """

    def __init__(
        self, *, optimizer: Any, validator: Workflow | None = None, average: WeightAverage | None = None
    ) -> None:
        self.optimizer, self.validator = optimizer, validator
        self.has_modes = callable(getattr(optimizer, "eval", None))
        self._betas: list[Any] | None = None
        if self.has_modes and average is not None and average.decay is not None:
            raise ValueError(
                "ema_decay: a schedule-free optimiser keeps an average of its own; set ema_decay to null "
                "(--ema_decay '$None')"
            )

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer, before all that reads an epoch's weights."""
        if self.has_modes:
            engine.add_event_handler(Events.ITERATION_STARTED, self.prepare_step)
            engine.add_event_handler(Events.EPOCH_COMPLETED, self.show_average)
            if self.validator is not None:
                self.validator.add_event_handler(Events.STARTED, self.show_average)

    def prepare_step(self, engine: Workflow) -> None:
        """Give the network the weights at which the next gradient is taken."""
        betas = [group.get("betas") for group in self.optimizer.param_groups]
        if self._betas not in (None, betas):
            raise ValueError(
                "lr_scheduler: it changes betas, as one_cycle does, which a schedule-free optimiser cannot follow; "
                "use @lr_schedulers#warmup_constant"
            )
        self._betas = betas
        self.optimizer.train()

    def show_average(self, engine: Workflow) -> None:
        """Give the network the average."""
        self.optimizer.eval()
