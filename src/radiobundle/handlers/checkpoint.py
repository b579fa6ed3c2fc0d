"""The two checkpoints of a run, `last.pt` to resume from and `model.pt` to use, and early stopping."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Events
from monai.engines import Workflow
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from radiobundle.bundles.running import merged_config
from radiobundle.datalists.datalist_file import datalist_checksum, read_datalist
from radiobundle.evaluation.selection import check_key_metric, is_better
from radiobundle.files import remove_leftovers, replacing
from radiobundle.networks.weights import CheckpointError, read_checkpoint
from radiobundle.training.resume import Change, compare_settings
from radiobundle.training.run_folder import put_aside

LAST, BEST = "last.pt", "model.pt"
logger = logging.getLogger("radiobundle")


class TrainingCheckpoint:
    """Handler for the trainer: save the run's whole state after each epoch, and the best network so far.

    `model.pt` is the bare state dict of the network at its best epoch, see `is_better`; `last.pt` holds every stateful
    part, the epoch and the best epoch's metrics. Both are replaced by renaming, so a kill leaves the old ones intact.

    Args:
        network: the validated network, whose weights are saved in `model.pt`.
        state: every part with `state_dict` and `load_state_dict` (network, average, optimiser, scheduler), saved in
            `last.pt`.
        validator: the evaluator whose metrics decide.
        key_metric: the metric by which epochs are compared, one of `evaluation.selection.KEY_METRICS` or of
            `own_metrics`; ties go to the lower loss.
        own_metrics: names of further metrics that the evaluator publishes; higher is better.
        ckpt_dir: folder of both files.
        output_dir: folder of the run's other files; None: the folder above `ckpt_dir`.
        datalist: the training data; its content must be the same when a run is resumed.
        resume: continue from `last.pt` if it exists and the run is the same except for what `training.resume` lists.
            Otherwise everything from an earlier run is moved aside first, see `put_aside`.
        patience: end training after this many epochs without a better metric (early stop); None: never. It counts from
            the best epoch, which is saved in `last.pt`, so a resumed run stops when the uninterrupted one would have.

    Raises:
        ValueError: the metric is unknown, or the patience less than an epoch.
    """

    def __init__(
        self,
        *,
        network: torch.nn.Module,
        state: Mapping[str, Any],
        validator: Workflow,
        key_metric: str = "auroc",
        own_metrics: Sequence[str] = (),
        ckpt_dir: str | Path,
        output_dir: str | Path | None = None,
        datalist: str | Path | None = None,
        resume: bool = False,
        patience: int | None = None,
    ) -> None:
        check_key_metric(key_metric, own=own_metrics)
        if patience is not None and patience < 1:
            raise ValueError(f"early_stop_patience is {patience}; it must be at least 1, or null for no early stop")
        self.network, self.parts = network, state
        self.validator, self.key_metric = validator, key_metric
        self.folder = Path(ckpt_dir)
        self.output_dir = self.folder.parent if output_dir is None else Path(output_dir)
        self.datalist = datalist
        self.resume = resume
        self.patience = patience
        self.best: dict[str, float] | None = None  # metrics of the best epoch
        self.best_epoch = 0

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer, after validation and scheduling."""
        engine.add_event_handler(Events.STARTED, self.start)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def start(self, engine: Workflow) -> None:
        """Resume, or make room for a new run."""
        config = merged_config()
        self.record = {
            "config": None if config is None else json.dumps(config, default=str),
            "datalist_sha256": None if self.datalist is None else datalist_checksum(read_datalist(self.datalist)),
        }
        if idist.get_rank() == 0:
            remove_leftovers(self.folder)
            remove_leftovers(self.output_dir)
        last = self.folder / LAST
        if self.resume and last.exists():
            self._load(engine, last)
            return
        if self.resume:
            logger.info("nothing to resume in %s: starting from the beginning", self.folder)
        self._refuse_foreign_weights()
        aside = put_aside(self.output_dir, self.folder) if idist.get_rank() == 0 else None
        if aside is not None:
            logger.warning("results of an earlier run in %s were moved to %s", self.output_dir, aside)

    def _refuse_foreign_weights(self) -> None:
        """Refuse a folder of weights outside the output folder that holds another run's weights."""
        is_own = self.folder.resolve().is_relative_to(self.output_dir.resolve())
        if not is_own and (self.folder / LAST).exists() and not (self.output_dir / "run.json").exists():
            raise CheckpointError(
                f"{self.folder}: holds the weights of another run, not of {self.output_dir}; name another --ckpt_dir"
            )

    def __call__(self, engine: Workflow) -> None:
        """Save both checkpoints at the end of an epoch."""
        metrics = {name: float(value) for name, value in self.validator.state.metrics.items()}
        if is_better(metrics, self.best, metric=self.key_metric):
            self.best, self.best_epoch = metrics, engine.state.epoch
            save_checkpoint(self.folder / BEST, self.network.state_dict())
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        best = {"metrics": self.best, "epoch": self.best_epoch}
        content = {**parts, "epoch": engine.state.epoch, "best": best, "record": self.record}
        save_checkpoint(self.folder / LAST, content)
        self._stop_when_patience_is_spent(engine)

    def _load(self, engine: Workflow, path: Path) -> None:
        content = read_checkpoint(path)
        needed = (*self.parts, "epoch", "best")
        missing = [key for key in needed if key not in content] if isinstance(content, dict) else list(needed)
        if missing:
            raise CheckpointError(f"{path}: not from this recipe, because it lacks {missing}; use another output_dir")
        applied, forbidden = self._compare(content, path)
        is_longer = any(change.key == "max_epochs" for change in applied)
        for name in self.parts:
            try:
                _load_part(name, self.parts, content, rebuild_schedule=is_longer)
            except (RuntimeError, ValueError, KeyError) as error:
                why = "; ".join([str(error), *map(str, forbidden)])
                raise CheckpointError(f"{path}: its {name} does not fit this recipe ({why})") from error
        if forbidden:
            if any(change.is_of_the_layout for change in forbidden):
                raise CheckpointError(
                    f"{path}: was written by an earlier version of this bundle, in another layout; resume with that "
                    "version, or start a new run (without --resume true, or with another --output_dir)"
                )
            raise CheckpointError(
                f"{path}: was written by a different run: {'; '.join(map(str, forbidden))}. Give the same settings to "
                "continue, or start a new run (without --resume true, or with another --output_dir)"
            )
        for change in applied:
            logger.info("continuing with a change: %s", change)
        engine.state.epoch = content["epoch"]
        engine.state.iteration = content["epoch"] * engine.state.epoch_length
        self.best, self.best_epoch = content["best"]["metrics"], content["best"]["epoch"]
        logger.info("resuming after epoch %d of %s", engine.state.epoch, path)
        done, wanted = engine.state.epoch, engine.state.max_epochs
        if wanted is not None and done >= wanted:
            logger.info("nothing left to train: %d of %d epochs are done", done, wanted)
        self._stop_when_patience_is_spent(engine)

    def _compare(self, content: Mapping[str, Any], path: Path) -> tuple[list[Change], list[Change]]:
        """Return what has changed since the checkpoint was written: changes to apply, and changes that are refused."""
        record = content.get("record")
        if not isinstance(record, dict) or record.get("config") is None or self.record["config"] is None:
            logger.warning("%s does not say with which settings it was written; make sure they are the same", path)
            return [], []
        applied, forbidden = compare_settings(json.loads(record["config"]), json.loads(self.record["config"]))
        if record["datalist_sha256"] != self.record["datalist_sha256"]:
            forbidden.append(Change("datalist's SHA-256", record["datalist_sha256"], self.record["datalist_sha256"]))
        return applied, forbidden

    def _stop_when_patience_is_spent(self, engine: Workflow) -> None:
        if self.patience is not None and engine.state.epoch - self.best_epoch >= self.patience:
            spent = "no better %s for %d epochs since epoch %d: stopping"
            logger.info(spent, self.key_metric, self.patience, self.best_epoch)
            engine.terminate()


def save_checkpoint(path: Path, content: Any) -> None:
    """Write a checkpoint, atomically (the first process does); equal content gives equal bytes."""
    if idist.get_rank() > 0:  # every process holds the same state; the first one writes it
        return
    with replacing(path) as temporary, temporary.open("wb") as file:
        torch.save(content, file)  # given a path, torch would write its temporary name into the archive


def _load_part(name: str, parts: Mapping[str, Any], content: Mapping[str, Any], *, rebuild_schedule: bool) -> None:
    """Give one part its saved state; a schedule of another length is stepped forward instead."""
    part = parts[name]
    if rebuild_schedule and isinstance(part, LRScheduler) and not isinstance(part, ReduceLROnPlateau):
        _fast_forward(part, steps=int(content[name]["last_epoch"]))
    else:
        part.load_state_dict(content[name])


def _fast_forward(schedule: LRScheduler, *, steps: int) -> None:
    """Step a new schedule, and its optimiser's learning rates, forward by a number of steps."""
    for group, first in zip(schedule.optimizer.param_groups, schedule.get_last_lr(), strict=True):
        group["lr"] = first  # which may be another than initial_lr, and the optimiser's own state has replaced
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the warning that no optimiser step came first
        for _ in range(steps):
            schedule.step()
