"""Turn a network made of several trained ones, once evaluated, into a run of its own, like that of any training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ignite.distributed as idist
import torch
from ignite.engine import Events
from monai.engines import Workflow

from radiobundle.bundles.running import merged_config
from radiobundle.files import file_sha256, read_json, write_json
from radiobundle.handlers.checkpoint import BEST, save_checkpoint
from radiobundle.handlers.manifest import describe_run
from radiobundle.pretrained.passport import PASSPORT, join_passports, read_passport


class JoinedRun:
    """Handler for an evaluator: write what a training would, `run.json` and the weights of all parts in one file.

    If parts started from pretrained weights, the passport of all of these lies beside the weights, as after a training.

    The run predicts, packages and exports with its `network_def`, which the recipe states as the whole network.

    Args:
        network: the whole network.
        checkpoints: weights of its parts; their SHA-256 is recorded in the manifest under `stages`.
        output_dir: folder for `run.json`.
        ckpt_dir: folder for `model.pt`.
        datalist: its SHA-256 is recorded.
        seed: seed of the run.
    """

    def __init__(
        self,
        network: torch.nn.Module,
        checkpoints: Sequence[str | Path],
        *,
        output_dir: str | Path,
        ckpt_dir: str | Path,
        datalist: str | Path | None,
        seed: int,
    ) -> None:
        self.network, self.checkpoints = network, checkpoints
        self.manifest, self.weights = Path(output_dir) / "run.json", Path(ckpt_dir) / BEST
        self.datalist, self.seed = datalist, seed

    def attach(self, engine: Workflow) -> None:
        """Register with an evaluator, after what writes its results."""
        engine.add_event_handler(Events.STARTED, self.start)
        engine.add_event_handler(Events.COMPLETED, self)

    def start(self, engine: Workflow) -> None:
        """Refuse a folder that holds a training.

        Raises:
            ValueError: the folder holds a training.
        """
        if self.manifest.is_file() and "stages" not in read_json(self.manifest, fix="move it away"):
            raise ValueError(f"{self.manifest}: belongs to a training; name another --output_dir for this network")

    def __call__(self, engine: Workflow) -> None:
        """Write both (the first process does)."""
        save_checkpoint(self.weights, self.network.state_dict())
        if idist.get_rank() > 0:
            return
        parts = [found for path in self.checkpoints if (found := read_passport(Path(path).with_name(PASSPORT)))]
        passport = join_passports(parts)
        if passport is None:
            self.weights.with_name(PASSPORT).unlink(missing_ok=True)
        else:
            write_json(self.weights.with_name(PASSPORT), passport)
        manifest = describe_run(engine, datalist=self.datalist, seed=self.seed)
        stages = [{"path": str(path), "sha256": file_sha256(path)} for path in self.checkpoints]
        started = {} if passport is None else {"pretrained": passport}
        write_json(self.manifest, {**manifest, **started, "stages": stages, "config": merged_config()})
