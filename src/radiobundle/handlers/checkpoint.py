"""The two checkpoints of a run, `last.pt` to go on from and `model.pt` to use, and when to stop looking for better."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Events
from monai.engines import Workflow

from radiobundle.files import replacing
from radiobundle.networks.weights import CheckpointError, read_checkpoint

LAST, BEST = "last.pt", "model.pt"
logger = logging.getLogger("radiobundle")


class TrainingCheckpoint:
    """Handler for the trainer: keep the run's whole state each epoch, and the best network so far.

    `model.pt` is the bare state dict of the network at its best validation metric; `last.pt` holds every stateful part,
    the epoch and the best metric. Both appear by renaming, so a kill leaves the previous ones intact.

    Args:
        network: the validated one, whose weights are what `model.pt` holds.
        state: every part with `state_dict` and `load_state_dict` (network, average, optimiser, scheduler): what
            `last.pt` holds.
        validator: the evaluator that computes the key metric; higher is better, NaN is never best.
        ckpt_dir: folder of both files.
        resume: go on from `last.pt` when it is there. Without it an earlier run's files are moved aside first, into
            `previous-<n>` beside them.
        patience: end training after this many epochs without a better metric (early stop); None: never. It counts from
            the best epoch, which `last.pt` knows, so a resumed run stops when the uninterrupted one would have.
    """

    def __init__(
        self,
        *,
        network: torch.nn.Module,
        state: Mapping[str, Any],
        validator: Workflow,
        ckpt_dir: str | Path,
        resume: bool = False,
        patience: int | None = None,
    ) -> None:
        self.network, self.parts = network, state
        self.validator = validator
        self.folder = Path(ckpt_dir)
        self.resume = resume
        self.patience = patience
        self.best_metric = -math.inf
        self.best_epoch = 0

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer, after validation and scheduling."""
        engine.add_event_handler(Events.STARTED, self.start)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def start(self, engine: Workflow) -> None:
        """Resume, or make room for a new run."""
        last = self.folder / LAST
        if not last.exists():
            if self.resume:
                logger.info("nothing to resume in %s: starting anew", self.folder)
        elif self.resume:
            self._load(engine, last)
        else:
            _move_aside(self.folder)

    def __call__(self, engine: Workflow) -> None:
        """Save both checkpoints at the end of an epoch."""
        metric = float(self.validator.state.metrics[self.validator.state.key_metric_name])
        if metric > self.best_metric or self.best_epoch == 0:
            self.best_metric = metric if math.isfinite(metric) else -math.inf
            self.best_epoch = engine.state.epoch
            save_checkpoint(self.folder / BEST, self.network.state_dict())
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        best = {"metric": self.best_metric, "epoch": self.best_epoch}
        save_checkpoint(self.folder / LAST, {**parts, "epoch": engine.state.epoch, "best": best})
        self._stop_when_patience_is_spent(engine)

    def _load(self, engine: Workflow, path: Path) -> None:
        content = read_checkpoint(path)
        missing = [key for key in (*self.parts, "epoch", "best") if key not in content]
        if missing:
            raise CheckpointError(f"{path}: no checkpoint of this recipe, it lacks {missing}; use another output_dir")
        for name, part in self.parts.items():
            try:
                part.load_state_dict(content[name])
            except (RuntimeError, ValueError, KeyError) as error:
                raise CheckpointError(f"{path}: its {name} does not fit this recipe ({error})") from error
        engine.state.epoch = content["epoch"]
        engine.state.iteration = content["epoch"] * engine.state.epoch_length
        self.best_metric, self.best_epoch = content["best"]["metric"], content["best"]["epoch"]
        logger.info("resuming after epoch %d of %s", engine.state.epoch, path)
        self._stop_when_patience_is_spent(engine)

    def _stop_when_patience_is_spent(self, engine: Workflow) -> None:
        if self.patience is not None and engine.state.epoch - self.best_epoch >= self.patience:
            logger.info("no better metric for %d epochs since epoch %d: stopping", self.patience, self.best_epoch)
            engine.terminate()


def save_checkpoint(path: Path, content: Any) -> None:
    """Write a checkpoint, atomically (the first process does)."""
    if idist.get_rank() > 0:  # every process holds the same state; the first one writes it
        return
    with replacing(path) as temporary:
        torch.save(content, temporary)


def _move_aside(folder: Path) -> None:
    if idist.get_rank() > 0:
        return
    number = 1 + max((int(path.name.split("-")[1]) for path in folder.glob("previous-*")), default=0)
    target = folder / f"previous-{number}"
    target.mkdir()
    for name in (BEST, LAST):
        if (folder / name).exists():
            (folder / name).rename(target / name)
    logger.warning("an earlier run's checkpoints were moved to %s", target)
