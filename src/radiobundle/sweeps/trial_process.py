"""One trial in a process of its own: MONAI's training, then its evaluation of the validation images, then the outcome.

To import torch and MONAI takes seconds; a fork server imports this module once, and every trial begins as its copy.
"""

from __future__ import annotations

import copy
import errno
import gc
import math
import multiprocessing
import os
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from monai.bundle import ConfigWorkflow

import radiobundle.handlers
import radiobundle.images.dataset
import radiobundle.losses
import radiobundle.networks
import radiobundle.transforms  # noqa: F401 - like those above, what configurations name
from radiobundle.bundles.running import NULL, unwrap, was_interrupted
from radiobundle.evaluation.predictions.csv import read_predictions
from radiobundle.evaluation.repeats import score_once
from radiobundle.handlers.checkpoint import LAST
from radiobundle.handlers.snapshots import snapshot_runs
from radiobundle.reporting.learning_curves import best_epoch
from radiobundle.sweeps.epoch_watch import HISTORY, Diverged, EpochWatch, IsHopeless, Pruned
from radiobundle.sweeps.outcome import LOG, PREDICTIONS, Outcome, write_outcome
from radiobundle.sweeps.settings import LOGGING, METADATA, evaluation_files, training_files

DISK_FULL = errno.ENOSPC  # exit status of a trial that could not write
# Test is left alone. A report would take longer than a small training, and nobody reads one of every trial.
_PREDICT_VALIDATION = {"eval_data": "$@data['validation']", "report": False, "report_parts": []}


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a trial's process needs to know.

    Args:
        id: of the trial.
        bundle: absolute.
        recipes: of the training.
        overrides: of the training, places among them.
        metric: validation score by which configurations are compared.
        trains: False: it evaluates weights that are there, which its overrides name.
        minutes: after which it ends with its epoch; None: it is not timed.
        is_hopeless: see `EpochWatch`; must be picklable.
    """

    id: str
    bundle: Path
    recipes: tuple[str, ...]
    overrides: Mapping[str, Any]
    metric: str
    trains: bool = True
    minutes: float | None = None
    is_hopeless: IsHopeless | None = None

    @property
    def folder(self) -> Path:
        """Of the run."""
        return Path(self.overrides["output_dir"])


def run_trial(job: Job) -> None:
    """Train and evaluate, from where an earlier start was killed; `trial.json` comes last, whatever happens.

    Exits with `DISK_FULL` and without an outcome where the disk is full: the trial is not to blame.
    """
    enter_job(job)
    facts: dict[str, Any] = {"state": "complete"}
    try:
        facts |= _train(job) if job.trains else {"minutes": 0.0}
        begin = time.perf_counter()
        facts |= evaluate_validation(job)
        for run in snapshot_runs(job.folder):
            evaluate_validation(replace(job, overrides={**job.overrides, "output_dir": str(run)}))
        facts["minutes"] += (time.perf_counter() - begin) / 60
    except Exception as error:  # whatever a configuration's own code raises
        facts |= _why_it_ended(unwrap(error))
    facts |= _epochs(job) if job.trains else _score(job)
    if facts["state"] == "failed":  # the score of an epoch before would look like a result
        facts["score"] = None
    write_outcome(job.folder, Outcome(id=job.id, peak_memory_mib=_peak_memory_mib(), **facts))
    (job.folder / "models" / LAST).unlink(missing_ok=True)  # large, and needed only to go on


def run_final(job: Job) -> None:
    """Evaluate a trained trial on validation and test, as MONAI would by itself."""
    enter_job(job)
    _evaluate(job, {})


def enter_job(job: Job) -> None:
    """Make this process one of its own: its folder, its log, its end if the worker ends."""
    threading.Thread(target=_end_with_the_worker, daemon=True).start()
    job.folder.mkdir(parents=True, exist_ok=True)
    log = os.open(job.folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(job.bundle)


def _end_with_the_worker() -> None:
    """Wait for the worker's end: another worker will take the trial up, and two must not write to one folder."""
    worker = multiprocessing.parent_process()
    if worker is not None:
        worker.join()
        os._exit(1)


def _train(job: Job) -> dict[str, float]:
    """Train; return how fast it was."""
    workflow = training_workflow(job, {"resume": True})
    trainer = workflow.trainer
    watch = EpochWatch(job.folder / HISTORY, metric=job.metric, minutes=job.minutes, is_hopeless=job.is_hopeless)
    watch.attach(trainer)
    workflow.run()
    workflow.finalize()
    seconds, images = pd.read_csv(job.folder / HISTORY)["seconds"], len(trainer.data_loader.dataset)
    return {"minutes": seconds.sum() / 60, "images_per_s": images * len(seconds) / max(seconds.sum(), 1e-9)}


def training_workflow(job: Job, options: Mapping[str, Any]) -> ConfigWorkflow:
    """Return the training of a job, initialised.

    Args:
        job: whose training.
        options: over those of the job.
    """
    return _workflow("training", job, training_files(job.bundle, job.recipes), options)


def evaluate_validation(job: Job) -> dict[str, int]:
    """Write the predictions of the validation images; return how many parameters the network has."""
    return _evaluate(job, _PREDICT_VALIDATION)


def _evaluate(job: Job, options: Mapping[str, Any]) -> dict[str, int]:
    """Evaluate; return how many parameters the network has."""
    gc.collect()
    workflow = _workflow("evaluating", job, evaluation_files(job.bundle, job.recipes), options)
    workflow.run()
    workflow.finalize()
    network = workflow.parser.get_parsed_content("network")
    return {"parameters": sum(parameter.numel() for parameter in network.parameters())}


def _workflow(run_id: str, job: Job, files: list[str], options: Mapping[str, Any]) -> ConfigWorkflow:
    """Return what `python -m monai.bundle run` would run, initialised; `run.json` keeps that command."""
    overrides = copy.deepcopy({**job.overrides, **options})
    words = {key: NULL if value is None else str(value) for key, value in overrides.items()}
    given = [word for key, value in words.items() for word in (f"--{key}", value)]
    sys.argv = ["monai.bundle", "run", run_id, "--config_file", str(files), *given]
    # Not MONAI's create_workflow, which leaves out options that are None.
    workflow = ConfigWorkflow(
        config_file=files, meta_file=METADATA, logging_file=LOGGING, run_id=run_id, workflow_type="train", **overrides
    )
    workflow.initialize()
    return workflow


def _why_it_ended(cause: BaseException) -> dict[str, Any]:
    """Return state and reason of a trial that an error has ended.

    Raises:
        KeyboardInterrupt: the error only followed an interruption, which is no trial's fault.
    """
    if was_interrupted(cause):
        raise KeyboardInterrupt from cause
    if isinstance(cause, Pruned):
        return {"state": "pruned"}
    if isinstance(cause, Diverged):
        return {"state": "failed", "reason": str(cause)}
    traceback.print_exception(cause)
    if isinstance(cause, OSError) and (cause.errno == errno.ENOSPC or "no space left" in str(cause)):
        sys.exit(DISK_FULL)
    if isinstance(cause, (MemoryError, torch.OutOfMemoryError)):
        return {"state": "failed", "reason": f"out of memory: {_first_line(cause)}"}
    return {"state": "failed", "reason": describe_error(cause)}


def describe_error(error: BaseException) -> str:
    """Return kind and first line of an error."""
    return f"{type(error).__name__}: {_first_line(error)}"


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def _epochs(job: Job) -> dict[str, Any]:
    """Return how far a training came, and its score there."""
    path = job.folder / HISTORY
    if not path.is_file():
        return {}
    history = pd.read_csv(path)
    best = best_epoch(history)
    score = None if best is None else float(history.loc[history["epoch"] == best, f"val_{job.metric}"].iloc[0])
    known = score is not None and math.isfinite(score)
    return {
        "epochs": int(history["epoch"].max()),
        "best_epoch": None if best is None else int(best),
        "score": score if known else None,
    }


def _score(job: Job) -> dict[str, Any]:
    """Return the score of what was evaluated without a training."""
    path = job.folder / PREDICTIONS
    if not path.is_file():
        return {}
    score = score_once(read_predictions(path).of_split("validation"), job.metric)
    return {"score": score if math.isfinite(score) else None}


def _peak_memory_mib() -> float | None:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - there is none on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
