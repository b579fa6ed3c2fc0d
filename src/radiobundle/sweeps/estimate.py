"""How long a sweep will take, from a few batches of its baseline."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from ignite.engine import Events
from monai.engines import Workflow

from radiobundle.files import read_json, write_json
from radiobundle.sweeps.plan import Plan
from radiobundle.sweeps.processes import run_process
from radiobundle.sweeps.trial_process import Job, enter_job, training_workflow
from radiobundle.sweeps.worker import Worker

BATCHES = 8
_FILE = "speed.json"
_BEFORE_AND_AFTER_S = 3.0  # of a trial, beside its epochs: docs/sweeps.md


@dataclass
class BatchClock:
    """Handler for the trainer: when its batches ended."""

    ends: list[float]

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer."""
        engine.add_event_handler(Events.ITERATION_COMPLETED, lambda _: self.ends.append(time.perf_counter()))


def estimate_minutes(plan: Plan, worker: Worker) -> float:
    """Return how long one trial of the baseline takes on this machine, without early stopping; its images are decoded.

    Raises:
        ValueError: the baseline does not train; the message has the end of its log.
    """
    baseline = next(trial for trial in plan.trials if trial.configuration.name == plan.baseline)
    if plan.sweep.minutes is not None:
        return plan.sweep.minutes
    job = worker.job(baseline)
    with tempfile.TemporaryDirectory() as folder:
        run_process(measure_speed, replace(job, overrides={**job.overrides, "output_dir": folder}))
        if not (Path(folder) / _FILE).is_file():
            log = (Path(folder) / "log.txt").read_text("utf-8", errors="replace")
            raise ValueError(f"'{plan.baseline}' does not train: {log.strip().splitlines()[-1]}")
        speed = read_json(Path(folder) / _FILE)
    seconds = speed["epochs"] * (speed["batches"] * speed["batch_s"] + speed["validation_s"])
    return float(seconds + _BEFORE_AND_AFTER_S) / 60


def measure_speed(job: Job) -> None:
    """Train a few batches and validate once, in a process of its own; write what they took."""
    enter_job(job)
    workflow = training_workflow(job, {"train#trainer#epoch_length": BATCHES})
    trainer = workflow.trainer
    epochs, trainer.state.max_epochs = trainer.state.max_epochs, 1
    clock = BatchClock([])
    clock.attach(trainer)
    workflow.run()
    batch_s = [after - before for before, after in zip(clock.ends[1:], clock.ends[2:], strict=False)]
    found = {
        "epochs": epochs,
        "batches": len(trainer.data_loader),
        "batch_s": statistics.median(batch_s),
        "validation_s": time.perf_counter() - clock.ends[-1],
    }
    write_json(job.folder / _FILE, found)
