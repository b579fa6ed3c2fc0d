"""A network must give one output for each label."""

from __future__ import annotations

from collections.abc import Sequence

from monai.engines import Workflow
from monai.engines.utils import IterationEvents
from monai.utils import CommonKeys as Keys

from radiobundle.words import counted


class OutputCount:
    """Handler for the trainer: refuses a network whose outputs do not fit the labels, before a loss sees them.

    PyTorch's message names no labels, and a loss that broadcasts would compare a single output with every label.

    Args:
        labels: of the run. A network may give several outputs for each while it trains, as `UncertainClasses` does.

    Raises:
        ValueError: at the first batch.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer."""
        engine.add_event_handler(IterationEvents.FORWARD_COMPLETED, self)

    def __call__(self, engine: Workflow) -> None:
        """Compare a batch's outputs with the labels."""
        _, *found = engine.state.output[Keys.PRED].shape
        if len(found) != 1 or found[0] == 0 or found[0] % len(self.labels):
            given = counted(found[0], "output") if len(found) == 1 else f"outputs of shape {found}"
            raise ValueError(
                f"`network_def` gives {given} an image for {counted(len(self.labels), 'label')} "
                f"({', '.join(self.labels)}); give its constructor @num_classes"
            )
