"""`history.csv`, the learning curves, and a log line per epoch."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import pandas as pd
from ignite.engine import Events
from monai.engines import Workflow

from radiobundle.evaluation.selection import check_key_metric, is_better
from radiobundle.files import write_csv
from radiobundle.reporting.learning_curves import write_learning_curves

logger = logging.getLogger("radiobundle")


class RunHistory:
    """Handler for the trainer: write a row per epoch with the training and validation metrics, then plot the curves.

    Rows up to the epoch that a run resumes from are kept; a new run starts a new file.

    Args:
        validator: the evaluator whose metrics are recorded beside the trainer's.
        key_metric: the metric by which epochs are compared, see `is_better`; the column `kept` is 1 if an epoch was the
            best so far, so that the last 1 marks the epoch whose weights are in `model.pt`.
        own_metrics: names of further metrics that may be the key metric, see `TrainingCheckpoint`.
        optimizer: the learning rate of its first group is recorded.
        output_dir: receives `history.csv` and `curves.png`.
    """

    def __init__(
        self,
        *,
        validator: Workflow,
        optimizer: Any,
        output_dir: str | Path,
        key_metric: str = "auroc",
        own_metrics: Sequence[str] = (),
    ) -> None:
        check_key_metric(key_metric, own=own_metrics)
        self.validator, self.optimizer, self.key_metric = validator, optimizer, key_metric
        self.path = Path(output_dir) / "history.csv"
        self.rows: list[dict[Any, Any]] | None = None

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer, after validation."""
        engine.add_event_handler(Events.EPOCH_STARTED, self.start_epoch)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)
        engine.add_event_handler(Events.COMPLETED, self.plot)

    def start_epoch(self, engine: Workflow) -> None:
        """Start the clock; in a run's first epoch, also take over the rows of earlier epochs."""
        self._begin = time.perf_counter()
        if self.rows is None:
            self.rows = rows_before(self.path, "epoch", engine.state.epoch)

    def __call__(self, engine: Workflow) -> None:
        """Append a row and write the file (the first process does)."""
        row: dict[str, float] = {"epoch": engine.state.epoch}
        for prefix, metrics in (("train", engine.state.metrics), ("val", self.validator.state.metrics)):
            row |= {f"{prefix}_{name}": float(value) for name, value in metrics.items()}
        row["kept"] = int(is_better(_validation(row), self._best(), metric=self.key_metric))
        row["learning_rate"] = self.optimizer.param_groups[0]["lr"]
        row["seconds"] = round(time.perf_counter() - self._begin, 2)
        self.rows = [*(self.rows or []), row]
        if idist.get_rank() == 0:
            write_csv(self.path, pd.DataFrame(self.rows))
            self._log(engine, row)

    def plot(self, engine: Workflow) -> None:
        """Plot the learning curves."""
        if idist.get_rank() == 0:
            write_learning_curves(self.path, self.path.with_name("curves.png"))

    def _best(self) -> dict[str, float] | None:
        """Return the validation metrics of the best epoch so far."""
        kept = [row for row in self.rows or [] if row["kept"]]
        return _validation(kept[-1]) if kept else None

    def _log(self, engine: Workflow, row: dict[str, float]) -> None:
        remaining = (engine.state.max_epochs - row["epoch"]) * row["seconds"] / 60
        shown = dict.fromkeys(("train loss", "val loss", f"val {self.key_metric}"))
        values = [f"{name} {row.get(name.replace(' ', '_', 1), math.nan):.4f}" for name in shown]
        head = f"epoch {row['epoch']}/{engine.state.max_epochs}: {', '.join(values)}"
        logger.info("%s; %.1f s, about %.0f min left", head, row["seconds"], remaining)
        if not all(math.isfinite(row.get(f"{part}_loss", 0.0)) for part in ("train", "val")):
            logger.warning("the loss is not a number: the training has diverged; use a lower --learning_rate")


def rows_before(path: Path, column: str, first: int) -> list[dict[Any, Any]]:
    """Return the rows of a run's table from before the epoch or iteration with which it resumes; none of a new run."""
    if first == 1 or not path.exists():
        return []
    past = pd.read_csv(path)
    return past[past[column] < first].to_dict("records")


def _validation(row: Mapping[Any, Any]) -> dict[str, float]:
    """Return the validation metrics of a row."""
    return {name.removeprefix("val_"): value for name, value in row.items() if name.startswith("val_")}
