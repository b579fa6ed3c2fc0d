"""A whole sweep: join its folder, work until nothing is left, write what was found."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from radiobundle.files import require_writable_folder
from radiobundle.reporting.search_figures import plot_search
from radiobundle.result_set import require_replaceable
from radiobundle.sweeps.configuration import renamed, sampled_configuration
from radiobundle.sweeps.identity import identity, join_sweep
from radiobundle.sweeps.image_check import require_images
from radiobundle.sweeps.leases import lease
from radiobundle.sweeps.outcome import Outcome
from radiobundle.sweeps.places import LEASES
from radiobundle.sweeps.plan import Plan, Trial
from radiobundle.sweeps.progress import write_plan
from radiobundle.sweeps.results import write_results
from radiobundle.sweeps.search import Study
from radiobundle.sweeps.soups import make_soups
from radiobundle.sweeps.summary import Finished, Summary, summarise
from radiobundle.sweeps.worker import POLL_S, Say, Worker


@dataclass(frozen=True)
class SweepResult:
    """What became of a sweep.

    Args:
        summary: of all that is finished.
        failed: trials without a result.
    """

    summary: Summary
    failed: tuple[Finished, ...]


class SweepRun:
    """A worker's part of a sweep.

    Args:
        plan: of the sweep.
        folder: of the sweep; may hold an earlier start of it.
        store_dir: of decoded images; None: in the folder.
        storage: of a search, see `Study`.
        say: is told of every trial that has ended.

    Raises:
        ValueError: the folder holds another sweep, see `join_sweep`; images are missing, see `require_images`.
        OSError: the folder is not writable.
    """

    def __init__(
        self,
        plan: Plan,
        folder: str | Path,
        *,
        store_dir: str | Path | None = None,
        storage: str | None = None,
        say: Say = print,
    ) -> None:
        folder = Path(folder)
        require_writable_folder(folder)
        require_replaceable(folder, "sweep")
        self.plan = plan
        self.worker = Worker(plan, folder, store_dir=None if store_dir is None else Path(store_dir), say=say)
        if plan.sweep.search is not None or any(self.worker.outcome(trial) is None for trial in plan.trials):
            require_images(plan)
        join_sweep(folder, plan)
        write_plan(folder, plan)
        self.study: Study | None = None
        if plan.sweep.search is not None:
            self.study = Study(self.worker.folder, plan.sweep.search, plan.sweep.pruner, _search_id(plan), storage)
            self.study.open()  # before hours of training

    def work(self, *, wait: bool = True) -> None:
        """Train every trial that is not finished, together with all other workers.

        Args:
            wait: until those are finished too that others have; a dead worker's are taken up again.

        Raises:
            OSError: the disk is full.
        """
        self.worker.work(self.plan.trials, wait=wait)
        if self.study is None:
            return
        numbers = range(self.study.search.trials)
        while waiting := [number for number in numbers if not self.study.is_finished(number)]:
            ran = [self._claim_and_search(self.study, number) for number in waiting]
            if not any(ran):
                if not wait:
                    return
                time.sleep(POLL_S)
        for number in numbers:  # what was forgotten or is damaged; the search itself keeps what it has learned
            if self.study.is_finished(number):
                self._train(self.study, number, wait=wait)

    def forget_failures(self) -> None:
        """Remove the runs of trials that have failed, so that they are trained again."""
        self.worker.forget_failures([*self.plan.trials, *self._searched()])

    def write(self) -> SweepResult:
        """Write what is finished so far, and return it."""
        trials = _together(self.plan.trials, self._searched())
        found = [(trial, self.worker.outcome(trial)) for trial in trials]
        finished = [Finished(trial, end, self.worker.folder_of(trial)) for trial, end in found if end is not None]
        summary = summarise(self.plan, finished)
        figures = {} if self.study is None else plot_search(self.study.optuna_study)
        size = self.plan.sweep.soup
        soups = [] if size is None else make_soups(self.worker, summary, size=size)
        write_results(summary, self.worker.folder, soups=soups, search_figures=figures)
        return SweepResult(summary, tuple(one for one in finished if one.outcome.state == "failed"))

    def _claim_and_search(self, study: Study, number: int) -> bool:
        """Train one configuration of the search unless somebody else does; return whether it was trained."""
        with lease(self.worker.folder / LEASES, f"search-{number}") as is_ours:
            if not is_ours or study.is_finished(number):
                return False
            study.tell(number, self._train(study, number))
            return True

    def _train(self, study: Study, number: int, *, wait: bool = True) -> list[Outcome]:
        """Train what is not finished of a configuration of the search, up to the first trial without a result."""
        outcomes: list[Outcome] = []
        for index, trial in enumerate(self._trials(study, number)):
            # What is pruned is pruned in its first training, after which its others would be worth little.
            asks = index == 0 and study.pruner != "none" and not study.is_finished(number)
            is_hopeless = partial(replace(study).is_hopeless, number) if asks else None
            self.worker.work([trial], wait=wait, is_hopeless=is_hopeless)
            outcome = self.worker.outcome(trial)
            if outcome is None:  # another worker has it
                return outcomes
            outcomes.append(outcome)
            if outcome.state != "complete":
                break
        return outcomes

    def _trials(self, study: Study, number: int) -> list[Trial]:
        return self.plan.trials_of(sampled_configuration(self.plan.sweep, study.values(number)))

    def _searched(self) -> Sequence[Trial]:
        if self.study is None:
            return []
        numbers = [number for number in range(self.study.search.trials) if self.study.is_finished(number)]
        return [trial for number in numbers for trial in self._trials(self.study, number)]


def _together(planned: Sequence[Trial], searched: Sequence[Trial]) -> list[Trial]:
    """Return all trials, each once: what the file names keeps its name, and searched ones get distinct names."""
    trials: dict[str, Trial] = {}
    for trial in (*planned, *searched):
        trials.setdefault(trial.id, trial)
    found = {trial.configuration.key: trial.configuration for trial in trials.values()}
    names = dict(zip(found, renamed(list(found.values())), strict=True))
    return [replace(trial, configuration=names[trial.configuration.key]) for trial in trials.values()]


def _search_id(plan: Plan) -> str:
    """Return a hash of what decides a search's values; it may be given more trials later."""
    search = {**vars(plan.sweep.search), "trials": None, "pruner": plan.sweep.pruner}
    decides = {**identity(plan), "search": search, "baseline": vars(sampled_configuration(plan.sweep, {}))}
    return hashlib.sha256(json.dumps(decides, sort_keys=True, default=str).encode()).hexdigest()
