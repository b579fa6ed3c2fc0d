"""How far a sweep is, and how long it still takes, from the files in its folder alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from radiobundle.files import read_json, write_json
from radiobundle.sweeps.epoch_watch import HISTORY
from radiobundle.sweeps.leases import is_leased
from radiobundle.sweeps.outcome import Outcome, read_outcome
from radiobundle.sweeps.places import LEASES, TRIALS, trial_folder
from radiobundle.sweeps.plan import Plan, Trial
from radiobundle.words import counted

FILE = "plan.json"
_KEYS = ("id", "folder", "max_epochs")


@dataclass(frozen=True)
class Progress:
    """Where one trial stands.

    Args:
        name: of its folder.
        state: complete, pruned, failed, running, or waiting.
        epochs: whole ones so far.
        max_epochs: that were planned; None: the configuration's own; 0: it is only evaluated.
        minutes: so far.
        reason: of a failure.
    """

    name: str
    state: str
    epochs: int
    max_epochs: int | None
    minutes: float
    reason: str | None = None


def write_plan(folder: Path, plan: Plan) -> None:
    """Write down which trials there are, for `read_progress`; a search's are known by their folders."""
    searched = 0 if plan.sweep.search is None else plan.sweep.search.trials
    write_json(folder / FILE, {"searched": searched, "trials": [_description(trial) for trial in plan.trials]})


def read_progress(folder: str | Path) -> list[Progress]:
    """Return where every trial of a sweep stands.

    Raises:
        ValueError: the folder is none of a sweep.
    """
    folder = Path(folder)
    fix = "name the folder that was given to `output`"
    content: Any = read_json(folder / FILE, fix=fix)
    try:
        trials, searched = [{key: trial[key] for key in _KEYS} for trial in content["trials"]], content["searched"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"{folder / FILE}: is no plan of a sweep; {fix}") from error
    if searched:
        known = {trial["id"] for trial in trials}
        names = sorted(path.name for path in (folder / TRIALS).glob("*-*"))
        found = [{"id": name.rpartition("-")[2], "folder": name, "max_epochs": None} for name in names]
        trials = [*trials, *(trial for trial in found if trial["id"] not in known)]
    return [_progress(folder, trial) for trial in trials]


def planned_progress(folder: str | Path, plan: Plan) -> list[Progress]:
    """Return where every trial of a plan stands, in a folder that may not be there yet."""
    return [_progress(Path(folder), _description(trial)) for trial in plan.trials]


def remaining_minutes(trials: Sequence[Progress]) -> float | None:
    """Return how long a sweep still takes with the workers that it has now; None: no epoch has ended yet.

    >>> done = [Progress("a", "complete", 2, 2, 4.0), Progress("b", "waiting", 0, 2, 0.0)]
    >>> remaining_minutes(done)
    4.0
    """
    trained = [trial for trial in trials if trial.epochs and trial.minutes]
    if not trained:
        return None
    per_epoch = sum(trial.minutes for trial in trained) / sum(trial.epochs for trial in trained)
    typical = max(trial.epochs for trial in trained)
    waiting = [trial for trial in trials if trial.state in ("waiting", "running")]
    planned = ((typical if trial.max_epochs is None else trial.max_epochs) - trial.epochs for trial in waiting)
    left = sum(max(epochs, 0) for epochs in planned)
    workers = max(sum(trial.state == "running" for trial in trials), 1)
    return left * per_epoch / workers


def progress_lines(trials: Sequence[Progress]) -> Iterator[str]:
    """Yield what to print of a sweep's progress."""
    counts = Counter(trial.state for trial in trials)
    told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    yield f"{counted(len(trials), 'trial')}: {told}"
    for trial in trials:
        if trial.state == "running":
            of = f" of {trial.max_epochs}" if trial.max_epochs else ""
            yield f"running: {trial.name}, epoch {trial.epochs}{of}, {trial.minutes:.1f} min"
        elif trial.state == "failed":
            yield f"failed: {trial.name}: {trial.reason}"
    left = remaining_minutes(trials)
    if any(trial.state in ("waiting", "running") for trial in trials):
        yield "time left: known once an epoch has ended" if left is None else f"time left: about {left:.0f} min"


def _description(trial: Trial) -> dict[str, Any]:
    max_epochs = 0 if trial.parts else trial.overrides.get("max_epochs")
    return {"id": trial.id, "folder": trial.folder_name, "max_epochs": max_epochs}


def _progress(folder: Path, trial: Mapping[str, Any]) -> Progress:
    run = trial_folder(folder, trial["id"], trial["folder"])
    outcome = _outcome(run, trial["id"])
    epochs, minutes = _trained(run / HISTORY)
    if outcome is None:
        state = "running" if is_leased(folder / LEASES, trial["id"]) else "waiting"
        return Progress(trial["folder"], state, epochs, trial["max_epochs"], minutes)
    minutes = outcome.minutes or minutes
    return Progress(trial["folder"], outcome.state, epochs, trial["max_epochs"], minutes, outcome.reason)


def _outcome(run: Path, identity: str) -> Outcome | None:
    try:
        return read_outcome(run, identity=identity)
    except ValueError:  # what is damaged runs again, and the worker says so
        return None


def _trained(history_csv: Path) -> tuple[int, float]:
    if not history_csv.is_file():
        return 0, 0.0
    history = pd.read_csv(history_csv)
    return int(history["epoch"].max()), float(history["seconds"].sum() / 60)
