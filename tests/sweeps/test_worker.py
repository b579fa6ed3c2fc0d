"""A trial whose process dies is not forgotten, and a full disk is no trial's fault."""

from __future__ import annotations

import errno
import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bundle_runs import PNEUMONIA
from radiobundle.sweeps import worker as workers
from radiobundle.sweeps.leases import is_leased, lease
from radiobundle.sweeps.outcome import FILE, Outcome, read_outcome, write_outcome
from radiobundle.sweeps.places import LEASES
from radiobundle.sweeps.plan import make_plan
from radiobundle.sweeps.sweep_file import read_sweep
from radiobundle.sweeps.trial_process import DISK_FULL, Job, _why_it_ended
from radiobundle.sweeps.worker import Worker


@pytest.fixture
def worker(sweep_file: Any, tmp_path: Path) -> Worker:
    return Worker(make_plan(read_sweep(sweep_file())), tmp_path / "sweep", say=lambda text: None)


def test_a_process_that_was_killed_is_a_failure_with_its_reason(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "run_process", lambda target, job: -signal.SIGKILL)
    worker.work(worker.plan.trials)
    outcome = worker.outcome(worker.plan.trials[0])
    assert outcome is not None and outcome.state == "failed" and "memory runs out" in str(outcome.reason)
    worker.forget_failures(worker.plan.trials)
    assert worker.outcome(worker.plan.trials[0]) is None


def test_a_full_disk_ends_the_sweep_and_fails_no_trial(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "run_process", lambda target, job: DISK_FULL)
    with pytest.raises(OSError, match="make room and start the sweep again"):
        worker.work(worker.plan.trials)
    assert worker.outcome(worker.plan.trials[0]) is None and not is_leased(
        worker.folder / LEASES, worker.plan.trials[0].id
    )


def test_what_ends_a_trial_is_told_apart() -> None:
    assert _why_it_ended(MemoryError("41 GB"))["reason"] == "out of memory: 41 GB"
    assert _why_it_ended(KeyError("a"))["reason"] == "KeyError: 'a'"
    with pytest.raises(SystemExit, match=str(DISK_FULL)):
        _why_it_ended(OSError(errno.ENOSPC, "No space left on device"))


def test_an_outcome_is_read_as_it_was_written_or_refused(tmp_path: Path) -> None:
    outcome = Outcome(id="a", state="complete", epochs=3, best_epoch=2, score=0.5, parameters=7)
    (tmp_path / "predictions.csv").touch()
    write_outcome(tmp_path, outcome)
    assert read_outcome(tmp_path, identity="a") == outcome and read_outcome(tmp_path / "other", identity="a") is None
    with pytest.raises(ValueError, match="is of trial a, not of b; the trial runs again"):
        read_outcome(tmp_path, identity="b")
    (tmp_path / "predictions.csv").unlink()
    with pytest.raises(ValueError, match=r"predictions\.csv is missing; the trial runs again"):
        read_outcome(tmp_path, identity="a")
    for text in ('{"states": 1}', '{"id": "a", "state": "done"}', "{"):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(ValueError, match="the trial runs again"):
            read_outcome(tmp_path, identity="a")


def test_a_damaged_trial_runs_again_and_a_note_says_so(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    [trial] = worker.plan.trials
    said: list[str] = []
    worker.say = said.append
    write_outcome(worker.folder_of(trial), Outcome(id=trial.id, state="complete"))
    monkeypatch.setattr(workers, "run_process", lambda target, job: -signal.SIGKILL)
    worker.work([trial])
    outcome = worker.outcome(trial)
    assert outcome is not None and outcome.state == "failed"
    assert [text.partition(":")[0] for text in said] == ["note", "[1/1] baseline, seed 0"]


def test_a_part_that_fails_is_the_reason_of_what_it_is_part_of(
    sweep_file: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []
    monkeypatch.setattr(workers, "run_process", lambda target, job: ran.append(job.trains) or -signal.SIGKILL)
    row = {"name": "cascade", "recipes": ["cascade"], "parts": {"stage1_checkpoint": {"recipes": ["stage1"]}}}
    plan = make_plan(read_sweep(sweep_file(rows=[row], overrides={})))
    worker = Worker(plan, tmp_path / "sweep", say=lambda text: None)
    worker.work(plan.trials)
    outcome = worker.outcome(plan.trials[1])
    assert ran == [True] and outcome is not None
    assert str(outcome.reason).startswith("stage1_checkpoint: its process was killed")


def test_what_is_made_of_parts_waits_for_another_worker_that_trains_them(
    sweep_file: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "run_process", lambda target, job: pytest.fail("nothing may run"))
    row = {"name": "cascade", "recipes": ["cascade"], "parts": {"stage1_checkpoint": {"recipes": ["stage1"]}}}
    plan = make_plan(read_sweep(sweep_file(rows=[row], overrides={})))
    worker = Worker(plan, tmp_path / "sweep", say=lambda text: None)
    with lease(tmp_path / "sweep/leases", plan.trials[0].id):
        worker.work(plan.trials, wait=False)
    assert worker.outcome(plan.trials[1]) is None


def _double_learning_rate(config: dict[str, Any]) -> None:
    config["learning_rate"] *= 2


def _drop_an_image(datalist: dict[str, Any]) -> None:
    del datalist["training"][0]


@pytest.mark.parametrize(
    ("name", "change"), [("bundle/configs/train.json", _double_learning_rate), ("datalist.json", _drop_an_image)]
)
def test_nothing_is_trained_from_files_that_have_changed_since_the_plan(
    sweep_file: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[[Any], None]
) -> None:
    shutil.copytree(PNEUMONIA, tmp_path / "bundle")
    plan = make_plan(read_sweep(sweep_file(bundle=str(tmp_path / "bundle"), seeds=[0, 1])))
    worker = Worker(plan, tmp_path / "sweep", say=lambda text: None)
    ran: list[int] = []

    def run(target: Any, job: Job) -> int:
        ran.append(job.overrides["seed"])
        content = json.loads((tmp_path / name).read_text())
        change(content)
        (tmp_path / name).write_text(json.dumps(content))
        return -signal.SIGKILL

    monkeypatch.setattr(workers, "run_process", run)
    with pytest.raises(ValueError, match="has changed since the sweep was started"):
        worker.work(plan.trials)
    assert ran == [0]
