"""Stop when the learning curve promises less than its noise."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd
from ignite.engine import Events
from monai.engines import Workflow

from radiobundle.evaluation.projection import MIN_EPOCHS, project
from radiobundle.evaluation.selection import LOSS

logger = logging.getLogger("radiobundle")


class ProjectedStop:
    """Handler for the trainer: end it when what the remaining epochs should gain is less than the curve's noise.

    Reads the validation scores of `history.csv`, so that a resumed run stops when the uninterrupted one would have.
    For a constant learning rate: a falling one gains most at its end, which no earlier epoch shows.

    Args:
        output_dir: folder of `history.csv`.
        key_metric: the metric whose curve is projected.
        after: number of epochs before it may stop; None: it never stops.

    Raises:
        ValueError: too few epochs.
    """

    def __init__(self, *, output_dir: str | Path, key_metric: str = "auroc", after: int | None = None) -> None:
        if after is not None and after < MIN_EPOCHS:
            raise ValueError(f"stop_when_flat must be at least {MIN_EPOCHS} epochs (or null: never), got {after}")
        self.history, self.key_metric, self.after = Path(output_dir) / "history.csv", key_metric, after

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer, after `RunHistory` and `TrainingCheckpoint`."""
        if self.after is not None:
            engine.add_event_handler(Events.STARTED, self)
            engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def __call__(self, engine: Workflow) -> None:
        """Project, and end the training or not."""
        done, epochs = engine.state.epoch, engine.state.max_epochs
        if self.after is None or done < self.after or epochs is None or done >= epochs:
            return
        table = pd.read_csv(self.history)
        scores = table.loc[table["epoch"] <= done, f"val_{self.key_metric}"].to_numpy()
        found = project(-scores if self.key_metric == LOSS else scores, epochs)
        if found is not None and found.gain < found.noise:
            said = "%s is expected to gain %.4f until epoch %d, less than its noise of %.4f: stopping"
            logger.info(said, self.key_metric, found.gain, epochs, found.noise)
            engine.terminate()
