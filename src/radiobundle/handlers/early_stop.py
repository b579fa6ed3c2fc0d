"""Early stopping whose patience survives a resume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ignite.engine import Engine
from monai.handlers import EarlyStopHandler


class EarlyStop(EarlyStopHandler):
    """MONAI's early stop on a validation metric, attached to the trainer, with a state to keep in checkpoints.

    Args:
        validator: the evaluator whose metric is watched; higher is better.
        metric: name of the metric.
        patience: epochs without improvement before training ends.
    """

    def __init__(self, *, validator: Engine, metric: str, patience: int) -> None:
        super().__init__(patience=patience, score_function=lambda _: validator.state.metrics[metric])

    def attach(self, engine: Engine) -> None:
        """Register with the trainer, after the handler that validates."""
        self.set_trainer(engine)
        super().attach(engine)

    def state_dict(self) -> dict[str, Any]:
        """The counter and best score so far."""
        assert self._handler is not None, "attach it to a trainer first"
        return dict(self._handler.state_dict())

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on counting from a saved state."""
        assert self._handler is not None, "attach it to a trainer first"
        self._handler.load_state_dict(state)
