"""`history.csv`, the learning curves, and a line in the log per epoch; losses between epochs where asked for."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import pandas as pd
import torch
from ignite.engine import Events
from monai.engines import Evaluator, Workflow
from monai.utils.enums import CommonKeys as Keys

from radiobundle.evaluation.curves import write_learning_curves, write_loss_curve
from radiobundle.files import replacing

logger = logging.getLogger("radiobundle")


class RunHistory:
    """Handler for the trainer: one row per epoch with the training and validation metrics, then the curves.

    Rows up to the epoch that a run resumes from are kept; a new run starts a new file.

    Args:
        validator: the evaluator whose metrics are recorded beside the trainer's.
        optimizer: its first group's learning rate is recorded.
        output_dir: receives `history.csv` and `curves.png`.
    """

    def __init__(self, *, validator: Workflow, optimizer: Any, output_dir: str | Path) -> None:
        self.validator, self.optimizer = validator, optimizer
        self.path = Path(output_dir) / "history.csv"
        self.rows: list[dict[Any, Any]] | None = None

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer, after validation."""
        engine.add_event_handler(Events.EPOCH_STARTED, self.start_epoch)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)
        engine.add_event_handler(Events.COMPLETED, self.draw)

    def start_epoch(self, engine: Workflow) -> None:
        """Start the clock; in a run's first epoch, also take over the rows of the epochs it resumed after."""
        self._begin = time.perf_counter()
        if self.rows is None:
            self.rows = []
            if engine.state.epoch > 1 and self.path.exists():
                past = pd.read_csv(self.path)
                self.rows = past[past["epoch"] < engine.state.epoch].to_dict("records")

    def __call__(self, engine: Workflow) -> None:
        """Append a row and write the file (the first process does)."""
        row: dict[str, float] = {"epoch": engine.state.epoch}
        for prefix, metrics in (("train", engine.state.metrics), ("val", self.validator.state.metrics)):
            row |= {f"{prefix}_{name}": float(value) for name, value in metrics.items()}
        row["learning_rate"] = self.optimizer.param_groups[0]["lr"]
        row["seconds"] = round(time.perf_counter() - self._begin, 2)
        assert self.rows is not None, "an epoch starts before it ends"
        self.rows.append(row)
        if idist.get_rank() == 0:
            with replacing(self.path) as temporary:
                pd.DataFrame(self.rows).to_csv(temporary, index=False)
            self._log(engine, row)

    def draw(self, engine: Workflow) -> None:
        """Draw the learning curves."""
        if idist.get_rank() == 0:
            write_learning_curves(self.path, self.path.with_name("curves.png"))

    def _log(self, engine: Workflow, row: dict[str, float]) -> None:
        key = self.validator.state.key_metric_name
        remaining = (engine.state.max_epochs - row["epoch"]) * row["seconds"] / 60
        logger.info(
            "epoch %d/%d: train loss %.4f, val loss %.4f, val %s %.4f; %.1f s, about %.0f min left",
            row["epoch"],
            engine.state.max_epochs,
            row.get("train_loss", float("nan")),
            row.get("val_loss", float("nan")),
            key,
            row.get(f"val_{key}", float("nan")),
            row["seconds"],
            remaining,
        )


class LossHistory:
    """Handler for the trainer: training and validation loss every so many iterations, as `losses.csv` and `losses.png`.

    The training loss is the mean of the batches since the last row, the validation loss that of all validation images.
    A resumed run goes on with the rows up to where it resumed.

    Args:
        validator: the evaluator, whose `EpochLoss` is recorded.
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
            engine.add_event_handler(Events.COMPLETED, self.draw)

    def add(self, engine: Workflow) -> None:
        """Add a batch's loss; nothing leaves the device."""
        if self.rows is None:
            self.rows = self._rows_before(engine.state.iteration)
        self._sum = self._sum + engine.state.output[Keys.LOSS].detach()
        self._count += 1

    def __call__(self, engine: Workflow) -> None:
        """Validate, append a row and write the file (the first process does)."""
        assert self.rows is not None, "a loss is added before it is recorded"
        self.validator.run(engine.state.epoch)
        train_loss = float(idist.all_reduce(float(self._sum) / self._count)) / idist.get_world_size()
        self.rows.append(
            {
                "iteration": engine.state.iteration,
                "train_loss": train_loss,
                "val_loss": float(self.validator.state.metrics["loss"]),
            }
        )
        self._sum, self._count = torch.zeros(()), 0
        if idist.get_rank() == 0:
            with replacing(self.path) as temporary:
                pd.DataFrame(self.rows).to_csv(temporary, index=False)

    def draw(self, engine: Workflow) -> None:
        """Draw both losses."""
        if idist.get_rank() == 0 and self.rows:
            write_loss_curve(self.path, self.path.with_suffix(".png"))

    def _rows_before(self, iteration: int) -> list[dict[Any, Any]]:
        if iteration == 1 or not self.path.exists():
            return []
        past = pd.read_csv(self.path)
        return past[past["iteration"] < iteration].to_dict("records")
