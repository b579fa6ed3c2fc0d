"""From a sweep file to its trials: which configuration, on which fold, with which seed, under which id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from radiobundle import __version__
from radiobundle.bundles.own_code import used_modules
from radiobundle.datalists.datalist_file import Datalist, datalist_checksum, read_datalist
from radiobundle.evaluation.metrics.scorer import EPOCH_SCORES
from radiobundle.files import file_sha256
from radiobundle.suggest import did_you_mean
from radiobundle.sweeps.configuration import (
    Configuration,
    baseline_name,
    check_row_folders,
    configurations,
    extreme_values,
    sampled_configuration,
)
from radiobundle.sweeps.fold_check import check_folds
from radiobundle.sweeps.places import row_folder_name
from radiobundle.sweeps.settings import effective_settings, merge_settings
from radiobundle.sweeps.sweep_file import Sweep

_CHANGED = (
    "has changed since the sweep was started; undo that and start it again to go on, or start it with another `output`"
)


@dataclass(frozen=True)
class Trial:
    """One run that is planned.

    Args:
        id: hash of everything that decides its result; equal ids are one trial.
        configuration: what is trained, or made of other trainings.
        fold: index of its datalist.
        seed: of the run.
        overrides: all of the run but where things lie.
        parts: trainings whose weights it evaluates, by the setting that takes their path; empty: it is trained itself.
    """

    id: str
    configuration: Configuration
    fold: int
    seed: int
    overrides: Mapping[str, Any]
    parts: Mapping[str, Trial] = field(default_factory=dict)

    @property
    def folder_name(self) -> str:
        """Readable, and distinct by the id."""
        return f"{row_folder_name(self.configuration.name)}-fold{self.fold}-seed{self.seed}-{self.id}"


@dataclass(frozen=True)
class Plan:
    """All that a sweep knows before it runs.

    Args:
        sweep: as its file states it.
        datalists: contents, by fold.
        files_sha256: of their files.
        metric: by which configurations are compared.
        baseline: name of the configuration that the others are compared with.
        trials: of all configurations that the file enumerates, in the order in which they run: parts come first.
    """

    sweep: Sweep
    datalists: tuple[Datalist, ...]
    files_sha256: tuple[str, ...]
    metric: str
    baseline: str
    trials: tuple[Trial, ...] = ()

    @cached_property
    def datalist_checksums(self) -> tuple[str, ...]:
        """Checksums of the datalists' contents, by fold; of a large list one takes a while."""
        return tuple(datalist_checksum(content) for content in self.datalists)

    @property
    def searched_trials(self) -> int:
        """How many trials a search adds."""
        search = self.sweep.search
        return 0 if search is None else search.trials * len(self.sweep.seeds) * len(self.datalists)

    def trials_of(self, configuration: Configuration) -> list[Trial]:
        """Return the trials of one configuration, every seed on every fold; those of its parts are in them.

        Raises:
            ValueError: see `merge_settings`.
        """
        try:
            return list(_trials(self, configuration))
        except ValueError as error:
            raise ValueError(f"'{configuration.name}': {error}") from error


def require_unchanged(plan: Plan, trial: Trial) -> None:
    """Refuse to run a trial whose files are not those any more from which it was planned.

    Its process reads them anew, and the result would be kept under the id of what they were.

    Raises:
        ValueError: its configuration, its own code, or its datalist has changed.
    """
    datalist = plan.sweep.datalists[trial.fold]
    if file_sha256(datalist) != plan.files_sha256[trial.fold]:
        raise ValueError(f"{datalist}: {_CHANGED}")
    now = plan.trials_of(trial.configuration)
    if trial.id not in {other.id for other in now}:
        raise ValueError(f"{plan.sweep.bundle}: the configuration of '{trial.configuration.name}' {_CHANGED}")


def check_final_names(plan: Plan, names: Sequence[str]) -> None:
    """Refuse names of no configuration, where a search cannot add it.

    Raises:
        ValueError: the message suggests the nearest name.
    """
    known = {trial.configuration.name for trial in plan.trials if not trial.configuration.is_part}
    for name in names:
        if name not in known and plan.sweep.search is None:
            raise ValueError(f"`final`: no configuration is named '{name}'{did_you_mean(name, known)}")


def make_plan(sweep: Sweep) -> Plan:
    """Return the plan of a sweep; all configurations and datalists are checked.

    Raises:
        ValueError: an override, recipe, metric, baseline or fold does not fit; the message names it.
    """
    files_sha256 = tuple(map(file_sha256, sweep.datalists))
    lists = tuple(read_datalist(path) for path in sweep.datalists)
    check_folds(lists, sweep.datalists)
    check_row_folders(sweep)
    found = configurations(sweep)
    baseline = baseline_name(sweep, found)
    metric = sweep.metric or merge_settings(sweep.bundle, sweep.recipes, sweep.overrides)["key_metric"]
    if metric not in EPOCH_SCORES:
        hint = did_you_mean(metric, EPOCH_SCORES)
        raise ValueError(f"metric '{metric}': cannot be compared between images{hint}; use {', '.join(EPOCH_SCORES)}")
    plan = Plan(sweep, lists, files_sha256, metric, baseline)
    trials = [trial for configuration in found for trial in plan.trials_of(configuration)]
    for values in extreme_values(sweep):  # a mistyped key or choice fails now, not after the rows
        plan.trials_of(sampled_configuration(sweep, values))
    in_turn = [one for trial in trials for one in (*trial.parts.values(), trial)]
    # Seed by seed, so that a sweep that is stopped early has seen every configuration.
    ordered = sorted(_distinct(in_turn), key=lambda trial: sweep.seeds.index(trial.seed))
    return replace(plan, trials=tuple(ordered))


def _trials(plan: Plan, configuration: Configuration) -> Iterator[Trial]:
    sweep = plan.sweep
    parts = {
        setting: {(trial.seed, trial.fold): trial for trial in plan.trials_of(part)}
        for setting, part in configuration.parts.items()
    }
    budget = {} if parts or sweep.epochs is None else {"max_epochs": sweep.epochs}
    overrides = {**configuration.overrides, **budget}
    weights = {setting: f"weights of {setting}" for setting in parts}
    config = merge_settings(sweep.bundle, configuration.recipes, {**overrides, **weights}, evaluates=bool(parts))
    settings = effective_settings(config)
    modules = {path.name: code_sha256(path) for path in used_modules(config, sweep.bundle)}
    for seed in sweep.seeds:
        for fold, checksum in enumerate(plan.datalist_checksums):
            needs = {setting: trials[seed, fold] for setting, trials in parts.items()}
            decides = {
                "settings": {**settings, "seed": seed},
                "minutes": sweep.minutes,
                "datalist": checksum,
                "code": {"radiobundle": __version__, **modules},
                **({"parts": {setting: part.id for setting, part in needs.items()}} if needs else {}),
            }
            text = json.dumps(decides, sort_keys=True, default=str)
            yield Trial(
                id=hashlib.sha256(text.encode()).hexdigest()[:12],
                configuration=configuration,
                fold=fold,
                seed=seed,
                overrides={**overrides, "seed": seed},
                parts=needs,
            )


def _distinct(trials: Iterable[Trial]) -> list[Trial]:
    """Return each trial once, and refuse two configurations that are the same training under two names.

    A part that several configurations share, or that is a row itself, is trained once.
    """
    found: dict[str, Trial] = {}
    for trial in trials:
        other = found.setdefault(trial.id, trial)
        ours, others = trial.configuration, other.configuration
        if others.is_part and not ours.is_part:
            found[trial.id] = trial
        elif not (ours.is_part or others.is_part) and others.name != ours.name:
            raise ValueError(f"'{others.name}' and '{ours.name}' are the same training; leave one out")
    return list(found.values())


def code_sha256(*places: Path) -> str:
    """Return one hash of modules: files, and all below folders."""
    files = [path for place in places for path in ([place] if place.is_file() else sorted(place.rglob("*.py")))]
    return hashlib.sha256("".join(map(file_sha256, files)).encode()).hexdigest()
