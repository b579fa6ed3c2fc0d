"""The manifest of a run: `run.json` with versions, machine, seed, data, the whole configuration, and all starts."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Events
from monai.engines import Evaluator, Workflow

from radiobundle import __version__
from radiobundle.bundles.own_code import CODE, keep_modules, used_modules
from radiobundle.bundles.running import merged_config
from radiobundle.extras import versions_of
from radiobundle.files import file_sha256, read_json, write_json
from radiobundle.handlers.weights import evaluated_sha256
from radiobundle.pretrained.passport import PASSPORT, read_passport
from radiobundle.training.resume import compare_settings

PACKAGES = ("monai", "torch", "pytorch-ignite", "numpy", "pandas", "scikit-learn", "pillow", "schedulefree")


class RunManifest:
    """Handler: write a manifest when an engine starts, so that an interrupted run has one too.

    The manifest describes the latest start; `starts` lists all of them, since a resumed run starts again. This handler
    must come after `TrainingCheckpoint`, which moves an earlier run's manifest away or refuses to continue.

    Args:
        path: the JSON file.
        datalist: its SHA-256 is recorded (None if there is none).
        seed: seed of the run.
        facts: anything else worth recording.
        weights_dir: folder of the run's weights; the passport of those that it started from is recorded.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        datalist: str | Path | None,
        seed: int,
        facts: dict[str, Any] | None = None,
        weights_dir: str | Path | None = None,
    ) -> None:
        self.path, self.datalist, self.seed, self.facts = Path(path), datalist, seed, facts or {}
        self.weights_dir = weights_dir

    def attach(self, engine: Workflow) -> None:
        """Register with a trainer or an evaluator."""
        engine.add_event_handler(Events.STARTED, self)

    def __call__(self, engine: Workflow) -> None:
        """Write the manifest (the first process does)."""
        if idist.get_rank() > 0:
            return
        config = merged_config()
        _keep_own_code(config, self.path.parent / CODE)
        manifest = {**describe_run(engine, datalist=self.datalist, seed=self.seed), **self.facts}
        if self.weights_dir is not None and (passport := read_passport(Path(self.weights_dir) / PASSPORT)):
            manifest["pretrained"] = passport
        if isinstance(engine, Evaluator):
            manifest["weights_sha256"] = evaluated_sha256(engine)
        starts = self._earlier_starts(config)
        write_json(self.path, {**manifest, "starts": [*starts, _describe_start(engine, manifest)], "config": config})

    def _earlier_starts(self, config: Any) -> list[dict[str, Any]]:
        """Return the starts recorded in the file; the latest says what has changed since, if anything."""
        if not self.path.is_file():
            return []
        before = read_json(self.path, fix="move it away")
        starts: list[dict[str, Any]] = before.get("starts", [])
        if starts and config is not None and before.get("config"):
            applied, others = compare_settings(before["config"], config)
            changes = [str(change) for change in (*applied, *others)]
            starts[-1] = {**starts[-1], **({"changed_afterwards": changes} if changes else {})}
        return starts


def describe_run(engine: Workflow, *, datalist: str | Path | None, seed: int) -> dict[str, Any]:
    """Return what is known about an engine's run, except its configuration."""
    return {
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "seed": seed,
        "datalist": None if datalist is None else {"path": str(datalist), "sha256": file_sha256(datalist)},
        "device": _describe_device(engine.state.device),
        "python": platform.python_version(),
        "versions": {"radiobundle": __version__, **versions_of(PACKAGES)},
    }


def _keep_own_code(config: Any, folder: Path) -> None:
    """Copy the bundle's own modules that a configuration uses into the run, which can then be opened on its own."""
    if config is not None:
        bundle = Path(str(config.get("bundle_root", ".")))
        keep_modules(used_modules(config, bundle), folder, root=bundle)


def _describe_start(engine: Workflow, manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "after_epoch": engine.state.epoch,
        **{key: manifest[key] for key in ("command", "seed", "device", "versions", "datalist")},
    }


def _describe_device(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads of {os.cpu_count()} cores"
