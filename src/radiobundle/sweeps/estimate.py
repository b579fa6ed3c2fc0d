"""How long a sweep will take, from a few batches of its baseline."""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ignite.engine import Events

from radiobundle.bundles.running import unwrap
from radiobundle.files import read_json, write_json
from radiobundle.sweeps.plan import Plan
from radiobundle.sweeps.processes import run_process
from radiobundle.sweeps.trial_process import Job, describe_error, enter_job, training_workflow
from radiobundle.sweeps.worker import Worker

BATCHES = 8
_FILE = "speed.json"
_BEFORE_AND_AFTER_S = 3.0  # of a trial, beside its epochs: docs/sweeps.md


def estimate_minutes(plan: Plan, worker: Worker) -> float:
    """Return how long one training of the baseline takes on this machine, without early stopping; images are decoded.

    Where the baseline has parts, it is the mean of theirs.

    Raises:
        ValueError: the baseline does not train; the message says why.
    """
    if plan.sweep.minutes is not None:
        return plan.sweep.minutes
    baseline = next(trial for trial in plan.trials if trial.configuration.name == plan.baseline)
    trained = list(baseline.parts.values()) or [baseline]
    return statistics.fmean(_training_minutes(worker.job(trial), plan.baseline) for trial in trained)


def _training_minutes(job: Job, name: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        run_process(measure_speed, replace(job, overrides={**job.overrides, "output_dir": folder}))
        speed = read_json(Path(folder) / _FILE, fix="see whether the baseline trains by itself")
    if "reason" in speed:
        raise ValueError(f"'{name}' does not train: {speed['reason']}")
    seconds = speed["epochs"] * (speed["batches"] * speed["batch_s"] + speed["validation_s"])
    return float(seconds + _BEFORE_AND_AFTER_S) / 60


def measure_speed(job: Job) -> None:
    """Write what a few batches and a validation took, or why they failed; in a process of its own."""
    enter_job(job)
    try:
        found = _measured(job)
    except Exception as error:  # whatever a configuration's own code raises
        found = {"reason": describe_error(unwrap(error))}
    write_json(job.folder / _FILE, found)


def _measured(job: Job) -> dict[str, Any]:
    workflow = training_workflow(job, {"train#trainer#epoch_length": BATCHES})
    trainer = workflow.trainer
    epochs, trainer.state.max_epochs = trainer.state.max_epochs, 1
    ends: list[float] = []  # of batches
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda _: ends.append(time.perf_counter()))
    workflow.run()
    return {
        "epochs": epochs,
        "batches": len(trainer.data_loader),
        "batch_s": statistics.median(after - before for before, after in itertools.pairwise(ends[1:])),
        "validation_s": time.perf_counter() - ends[-1],
    }
