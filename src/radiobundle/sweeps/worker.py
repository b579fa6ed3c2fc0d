"""A worker: takes one waiting trial after the other, each in a process of its own, until none is left."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from radiobundle.handlers.checkpoint import LAST
from radiobundle.models.evaluated import WEIGHTS
from radiobundle.sweeps.leases import lease
from radiobundle.sweeps.outcome import FILE, Outcome, read_outcome, write_outcome
from radiobundle.sweeps.places import LEASES, STORE, TRIALS, trial_folder
from radiobundle.sweeps.plan import Plan, Trial, require_unchanged
from radiobundle.sweeps.processes import run_process
from radiobundle.sweeps.trial_process import DISK_FULL, IsHopeless, Job, run_trial

POLL_S = 2.0
Say = Callable[[str], None]


class Worker:
    """Runs trials of a sweep.

    Args:
        plan: of the sweep.
        folder: of the sweep, which all its workers share.
        store_dir: of decoded images, which all trials share; None: a folder in the sweep's.
        say: is told of every trial that has ended.
    """

    def __init__(self, plan: Plan, folder: Path, *, store_dir: Path | None = None, say: Say = print) -> None:
        self.plan, self.folder, self.say = plan, folder.resolve(), say
        self.store_dir = (store_dir or folder / STORE).resolve()
        self._told: set[str] = set()

    def folder_of(self, trial: Trial) -> Path:
        """Return the folder of a trial's run."""
        return trial_folder(self.folder, trial.id, trial.folder_name)

    def outcome(self, trial: Trial) -> Outcome | None:
        """Return how a trial ended; None: it has not, or what it left is damaged, which is said once."""
        try:
            return read_outcome(self.folder_of(trial), identity=trial.id)
        except ValueError as error:
            if str(error) not in self._told:
                self._told.add(str(error))
                self.say(f"note: {error}")
            return None

    def job(self, trial: Trial, *, is_hopeless: IsHopeless | None = None) -> Job:
        """Return what the process of a trial needs."""
        parts = {setting: str(self.folder_of(part) / WEIGHTS) for setting, part in trial.parts.items()}
        places = {
            "dataset_dir": self.plan.sweep.dataset_dir,
            "datalist": str(self.plan.sweep.datalists[trial.fold]),
            "output_dir": str(self.folder_of(trial)),
            "store_dir": str(self.store_dir),
        }
        return Job(
            id=trial.id,
            bundle=self.plan.sweep.bundle,
            recipes=trial.configuration.recipes,
            overrides={**trial.overrides, **places, **parts},
            metric=self.plan.metric,
            trains=not parts,
            minutes=self.plan.sweep.minutes,
            is_hopeless=is_hopeless,
        )

    def work(self, trials: Sequence[Trial], *, wait: bool = True, is_hopeless: IsHopeless | None = None) -> None:
        """Run every trial that is not finished and that no other worker has.

        Args:
            trials: of the plan.
            wait: until those are finished too that other workers have; a dead worker's are taken up again.
            is_hopeless: see `EpochWatch`.

        Raises:
            ValueError: files that a trial was planned from have changed, see `require_unchanged`.
            OSError: the disk is full.
        """
        while waiting := [trial for trial in trials if self.outcome(trial) is None]:
            ran = [self._claim_and_run(trial, is_hopeless) for trial in waiting]
            if not any(ran):
                if not wait:
                    return
                time.sleep(POLL_S)

    def forget_failures(self, trials: Iterable[Trial]) -> None:
        """Remove the runs of those trials that have failed, so that they are trained again."""
        for trial in trials:
            outcome = self.outcome(trial)
            if outcome is not None and outcome.state == "failed":
                shutil.rmtree(self.folder_of(trial))

    def _claim_and_run(self, trial: Trial, is_hopeless: IsHopeless | None) -> bool:
        """Run a trial unless somebody else has it; return whether it was run."""
        if self.outcome(trial) is not None:
            return False
        with lease(self.folder / LEASES, trial.id) as is_ours:
            if not is_ours or self.outcome(trial) is not None:
                return False
            parts = {setting: self.outcome(part) for setting, part in trial.parts.items()}
            if None in parts.values():  # another worker trains it
                return False
            if failed := [f"{setting}: {end.reason}" for setting, end in parts.items() if end and end.reason]:
                self._end(trial, Outcome(id=trial.id, state="failed", reason="; ".join(failed)))
            else:
                self._run(trial, is_hopeless)
            return True

    def _run(self, trial: Trial, is_hopeless: IsHopeless | None) -> None:
        """Run one trial, whose lease this worker has, to its end, from where an earlier start was killed."""
        require_unchanged(self.plan, trial)
        folder = self.folder_of(trial)
        if not (folder / "models" / LAST).is_file():
            shutil.rmtree(folder, ignore_errors=True)  # a start that was killed in its first epoch
        status = run_process(run_trial, self.job(trial, is_hopeless=is_hopeless))
        outcome = self.outcome(trial)
        if outcome is None and status == DISK_FULL:
            raise OSError(f"{folder}: no space left; make room and start the sweep again, it goes on where it was")
        if outcome is None:
            return self._end(trial, Outcome(id=trial.id, state="failed", reason=_how_it_died(status)))
        self._tell(trial, outcome)

    def _end(self, trial: Trial, outcome: Outcome) -> None:
        write_outcome(self.folder_of(trial), outcome)
        self._tell(trial, outcome)

    def _tell(self, trial: Trial, outcome: Outcome) -> None:
        finished = len(list((self.folder / TRIALS).glob(f"*/{FILE}")))
        count = len(self.plan.trials) + self.plan.searched_trials
        found = f"{self.plan.metric} {outcome.score:.4f}" if outcome.score is not None else "no score"
        words = {"complete": found, "pruned": "pruned", "failed": f"FAILED, {outcome.reason}"}[outcome.state]
        fold = f", fold {trial.fold}" if len(self.plan.datalists) > 1 else ""
        minutes = "" if outcome.minutes is None else f" ({outcome.minutes:.1f} min)"
        which = f"{trial.configuration.name}{fold}, seed {trial.seed}"
        self.say(f"[{finished}/{count}] {which}: {words}{minutes}")


def _how_it_died(status: int) -> str:
    """Return the reason of a process that ended without an outcome."""
    if status == -signal.SIGKILL:
        return "its process was killed from outside, as the system does where memory runs out"
    if status < 0:
        return f"its process was ended by {signal.Signals(-status).name}"
    return f"its process ended with status {status} and no result"
