"""Workers on a Slurm cluster, submitted by submitit; each is `radiobundle sweep ... --worker`, as on any machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radiobundle.extras import how_to_install


@dataclass(frozen=True)
class SlurmWorker:
    """A job: runs a worker, and is queued again where Slurm ends it early, since trials go on where they were.

    Args:
        arguments: of `radiobundle`.
    """

    arguments: tuple[str, ...]

    def __call__(self) -> int:
        """Run the worker; return its exit status."""
        return subprocess.run([sys.executable, "-m", "radiobundle", *self.arguments], check=False).returncode

    def checkpoint(self) -> Any:
        """Return what submitit queues when the job is preempted or out of time."""
        return _submitit().helpers.DelayedSubmission(self)


def submit_workers(
    arguments: Sequence[str], *, count: int, folder: Path, options: Mapping[str, Any], cluster: str | None = None
) -> list[str]:
    """Submit workers; return the numbers of their jobs.

    Args:
        arguments: of `radiobundle`, for each worker.
        count: how many.
        folder: of submitit's logs.
        options: of `submitit.AutoExecutor.update_parameters`, such as `timeout_min` and `slurm_partition`.
        cluster: of submitit; None: Slurm where there is one, else this machine.

    Raises:
        ValueError: submitit is not installed, or an option is none of its.
    """
    executor = _submitit().AutoExecutor(folder=folder, cluster=cluster)
    try:
        executor.update_parameters(**options)
    except (NameError, TypeError) as error:
        raise ValueError(f"`slurm_option`: {error}") from error
    with executor.batch():
        jobs = [executor.submit(SlurmWorker(tuple(arguments))) for _ in range(count)]
    return [str(job.job_id) for job in jobs]


def _submitit() -> Any:
    try:
        import submitit  # noqa: PLC0415 - only clusters need it
    except ModuleNotFoundError as error:
        raise ValueError(f"workers on Slurm need submitit: {how_to_install('sweep')}") from error
    return submitit
