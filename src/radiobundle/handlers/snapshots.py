"""Keep the network at the end of every cycle of the learning rate, for a snapshot ensemble."""

from __future__ import annotations

from pathlib import Path

import ignite.distributed as idist
import torch
from ignite.engine import Events
from monai.engines import Workflow

from radiobundle.handlers.checkpoint import BEST, save_checkpoint
from radiobundle.training.run_folder import copy_description

SNAPSHOTS = "snapshots"


class SnapshotWriter:
    """Handler for the trainer: every few epochs write the network as a run of its own, `snapshots/epochNNN`.

    Such a run predicts, and is a member of an ensemble, like any other. The handler comes after `RunManifest` and
    `PixelStatisticsWriter`, whose files it copies.
    Source: Huang et al. 2017, Snapshot Ensembles: Train 1, Get M for Free.

    Args:
        network: the validated network.
        every_epochs: the length of a cycle; None: nothing is kept.
        output_dir: of the run.
        ckpt_dir: folder of its weights.

    Raises:
        ValueError: `every_epochs` is below 1.
    """

    def __init__(
        self, network: torch.nn.Module, every_epochs: int | None, *, output_dir: str | Path, ckpt_dir: str | Path
    ) -> None:
        if every_epochs is not None and every_epochs < 1:
            raise ValueError(f"snapshot_epochs must be 1 or more (or null: no snapshots), got {every_epochs}")
        self.network, self.every_epochs = network, every_epochs
        self.output_dir, self.ckpt_dir = Path(output_dir), Path(ckpt_dir)

    def attach(self, engine: Workflow) -> None:
        """Register with a trainer."""
        if self.every_epochs is not None:
            engine.add_event_handler(Events.STARTED, self)  # a run that was killed between checkpoint and snapshot
            engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def __call__(self, engine: Workflow) -> None:
        """Write the network if a cycle has just ended (the first process does)."""
        assert self.every_epochs is not None, "attached only with a number"
        epoch = engine.state.epoch
        if not epoch or epoch % self.every_epochs or idist.get_rank() > 0:
            return
        folder = self.output_dir / SNAPSHOTS / f"epoch{epoch:03d}"
        copy_description(self.output_dir, self.ckpt_dir, folder)
        save_checkpoint(folder / "models" / BEST, self.network.state_dict())


def snapshot_runs(run: Path) -> list[Path]:
    """Return the snapshots of a run that are whole, by epoch."""
    return sorted(path.parents[1] for path in (run / SNAPSHOTS).glob(f"epoch*/models/{BEST}"))
