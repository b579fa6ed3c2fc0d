"""What a sweep does after each epoch of a trial: see whether it diverged, is hopeless, or has spent its time."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from ignite.engine import Events
from monai.engines import Workflow

HISTORY = "history.csv"
IsHopeless = Callable[[int, float], bool]


class Diverged(Exception):  # noqa: N818 - is no error of the program
    """A loss is no finite number any more."""


class Pruned(Exception):  # noqa: N818 - is no error at all
    """Other trials were better at this epoch."""


class EpochWatch:
    """Handler for the trainer, attached after all others, so that the epoch is in history and checkpoint already.

    A run that is resumed is looked at once more where it stands: it may have been killed before it was.

    Args:
        history_csv: of the run.
        metric: validation score to report.
        minutes: after which training ends; None: never.
        is_hopeless: asked with the epoch and its score whether to prune.
    """

    def __init__(
        self, history_csv: Path, *, metric: str, minutes: float | None = None, is_hopeless: IsHopeless | None = None
    ) -> None:
        self.history_csv, self.metric = history_csv, metric
        self.minutes, self.is_hopeless = minutes, is_hopeless

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer."""
        engine.add_event_handler(Events.STARTED, self)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def __call__(self, engine: Workflow) -> None:
        """Look at the last whole epoch, if there is one.

        Raises:
            Diverged: its loss, in training or validation, is no finite number.
            Pruned: it is hopeless.
        """
        if not engine.state.epoch:
            return
        history = pd.read_csv(self.history_csv)
        history = history[history["epoch"] <= engine.state.epoch]
        last = history.iloc[-1]
        for name in ("train_loss", "val_loss"):
            if not math.isfinite(last.get(name, 0.0)):
                raise Diverged(f"diverged: {name} was {last[name]} in epoch {int(last['epoch'])}")
        if self.is_hopeless is not None and self.is_hopeless(int(last["epoch"]), float(last[f"val_{self.metric}"])):
            raise Pruned
        if self.minutes is not None and history["seconds"].sum() >= 60 * self.minutes:
            engine.terminate()
