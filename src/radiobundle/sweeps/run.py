"""A whole sweep: join its folder, work until nothing is left, write what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from radiobundle.files import require_writable_folder
from radiobundle.sweeps.identity import join_sweep
from radiobundle.sweeps.plan import Plan, Trial
from radiobundle.sweeps.progress import write_plan
from radiobundle.sweeps.results import write_results
from radiobundle.sweeps.summary import Finished, Summary, summarise
from radiobundle.sweeps.worker import Say, Worker


@dataclass(frozen=True)
class SweepResult:
    """What became of a sweep.

    Args:
        summary: of all that is finished.
        failed: trials without a result.
    """

    summary: Summary
    failed: tuple[Finished, ...]


def run_sweep(plan: Plan, folder: str | Path, *, store_dir: str | Path | None = None, say: Say = print) -> SweepResult:
    """Train every trial of a plan that is not finished, together with all other workers, and write the results.

    Args:
        plan: of the sweep.
        folder: of the sweep; may hold an earlier start of it.
        store_dir: of decoded images; None: in the folder.
        say: is told of every trial that has ended.

    Raises:
        ValueError: the folder holds another sweep, see `join_sweep`.
        OSError: the disk is full, or the folder not writable.
    """
    worker = start_work(plan, folder, store_dir=store_dir, say=say)
    worker.work(plan.trials)
    return write_summary(worker, plan.trials)


def start_work(plan: Plan, folder: str | Path, *, store_dir: str | Path | None = None, say: Say = print) -> Worker:
    """Return a worker of a sweep that has joined its folder."""
    folder = Path(folder)
    require_writable_folder(folder)
    join_sweep(folder, plan)
    write_plan(folder, plan)
    return Worker(plan, folder, store_dir=None if store_dir is None else Path(store_dir), say=say)


def write_summary(worker: Worker, trials: Sequence[Trial]) -> SweepResult:
    """Write what is finished of a sweep, and return it."""
    found = [(trial, worker.outcome(trial)) for trial in trials]
    finished = [Finished(trial, outcome, worker.folder_of(trial)) for trial, outcome in found if outcome is not None]
    summary = summarise(worker.plan, finished)
    write_results(summary, worker.folder)
    return SweepResult(summary, tuple(one for one in finished if one.outcome.state == "failed"))
