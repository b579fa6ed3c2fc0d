"""Workers are jobs that run the command, and are queued again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from radiobundle.sweeps.slurm import SlurmWorker, submit_workers


def test_each_job_runs_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    assert SlurmWorker(("sweep", "a.yaml", "--worker"))() == 0
    assert ran == [[sys.executable, "-m", "radiobundle", "sweep", "a.yaml", "--worker"]]
    again = SlurmWorker(("sweep",)).checkpoint()
    assert again.function == SlurmWorker(("sweep",))


def test_jobs_are_submitted(tmp_path: Path) -> None:
    jobs = submit_workers(["--version"], count=2, folder=tmp_path, options={"timeout_min": 5}, cluster="debug")
    assert len(jobs) == 2
    with pytest.raises(ValueError, match="slurm_option"):
        submit_workers(["--version"], count=1, folder=tmp_path, options={"no_such": 5}, cluster="debug")
