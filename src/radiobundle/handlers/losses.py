"""Training and validation loss within epochs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ignite.distributed as idist
import pandas as pd
import torch
from ignite.engine import Events
from monai.engines import Evaluator, Workflow
from monai.utils.enums import CommonKeys as Keys

from radiobundle.files import write_csv
from radiobundle.handlers.history import rows_before
from radiobundle.reporting.learning_curves import write_loss_curve


class LossHistory:
    """Handler for the trainer: training and validation loss every so many iterations, as `losses.csv` and `losses.png`.

    The training loss is the mean of the batches since the last row, the validation loss that of all validation images.
    A resumed run keeps the rows up to where it resumed.

    Args:
        validator: the evaluator whose `EpochLoss` is recorded.
        interval: iterations between two rows; None: nothing is recorded.
        output_dir: receives both files.
    """

    def __init__(self, *, validator: Evaluator, interval: int | None, output_dir: str | Path) -> None:
        if interval is not None and interval < 1:
            raise ValueError(f"loss_interval must be a positive number of iterations (or null), got {interval}")
        self.validator, self.interval = validator, interval
        self.path = Path(output_dir) / "losses.csv"
        self.rows: list[dict[Any, Any]] | None = None
        self._sum, self._count = torch.zeros(()), 0

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer."""
        if self.interval is not None:
            engine.add_event_handler(Events.ITERATION_COMPLETED, self.add)
            engine.add_event_handler(Events.ITERATION_COMPLETED(every=self.interval), self)
            engine.add_event_handler(Events.COMPLETED, self.plot)

    def add(self, engine: Workflow) -> None:
        """Add a batch's loss; nothing leaves the device."""
        if self.rows is None:
            self.rows = rows_before(self.path, "iteration", engine.state.iteration)
        self._sum = self._sum + engine.state.output[Keys.LOSS].detach()
        self._count += 1

    def __call__(self, engine: Workflow) -> None:
        """Validate, append a row and write the file (the first process does)."""
        assert self.rows is not None, "a loss is added before it is recorded"
        self.validator.run(engine.state.epoch)
        train_loss = float(idist.all_reduce(float(self._sum) / self._count)) / idist.get_world_size()
        val_loss = float(self.validator.state.metrics["loss"])
        self.rows.append({"iteration": engine.state.iteration, "train_loss": train_loss, "val_loss": val_loss})
        self._sum, self._count = torch.zeros(()), 0
        if idist.get_rank() == 0:
            write_csv(self.path, pd.DataFrame(self.rows))

    def plot(self, engine: Workflow) -> None:
        """Plot both losses."""
        if idist.get_rank() == 0 and self.rows:
            write_loss_curve(self.path, self.path.with_suffix(".png"))
