"""From a sweep file to its trials: which configuration, on which fold, with which seed, under which id."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from radiobundle import __version__
from radiobundle.bundles.own_code import used_modules
from radiobundle.datalists.datalist_file import Datalist, datalist_checksum, read_datalist
from radiobundle.evaluation.metrics.scorer import EPOCH_SCORES
from radiobundle.files import file_sha256
from radiobundle.suggest import did_you_mean
from radiobundle.sweeps.fold_check import check_folds
from radiobundle.sweeps.names import as_json, distinct_names, value_words
from radiobundle.sweeps.places import row_folder_name
from radiobundle.sweeps.settings import effective_settings, merge_settings
from radiobundle.sweeps.sweep_file import Sweep


@dataclass(frozen=True)
class Configuration:
    """What differs between the rows of the table."""

    name: str
    recipes: tuple[str, ...]
    overrides: Mapping[str, Any]

    @property
    def key(self) -> str:
        """What it is, whatever it is called."""
        return as_json([self.recipes, self.overrides])


@dataclass(frozen=True)
class Trial:
    """One run that is planned.

    Args:
        id: hash of everything that decides its result; equal ids are one trial.
        configuration: what is trained.
        fold: index of its datalist.
        datalist: it is trained on.
        seed: of the run.
        overrides: all of the run but where things lie.
        metric: validation score by which configurations are compared.
        minutes: after which it ends with its epoch; None: it is not timed.
    """

    id: str
    configuration: Configuration
    fold: int
    datalist: Path
    seed: int
    overrides: Mapping[str, Any]
    metric: str
    minutes: float | None = None

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
        metric: by which configurations are compared.
        baseline: name of the configuration that the others are compared with.
        trials: of all configurations that the file enumerates, in the order in which they run.
    """

    sweep: Sweep
    datalists: tuple[Datalist, ...]
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
        """Return the trials of one configuration: every seed on every fold.

        Raises:
            ValueError: see `merge_settings`.
        """
        try:
            return list(_trials(self, configuration))
        except ValueError as error:
            raise ValueError(f"'{configuration.name}': {error}") from error


def check_final_names(plan: Plan, names: Sequence[str]) -> None:
    """Refuse names of no configuration, where a search cannot add it.

    Raises:
        ValueError: the message suggests the nearest name.
    """
    known = {trial.configuration.name for trial in plan.trials}
    for name in names:
        if name not in known and plan.sweep.search is None:
            raise ValueError(f"`final`: no configuration is named '{name}'{did_you_mean(name, known)}")


def make_plan(sweep: Sweep) -> Plan:
    """Return the plan of a sweep; all configurations and datalists are checked.

    Raises:
        ValueError: an override, recipe, metric, baseline or fold does not fit; the message names it.
    """
    lists = tuple(read_datalist(path) for path in sweep.datalists)
    check_folds(lists, sweep.datalists)
    _check_row_folders(sweep)
    found = configurations(sweep)
    baseline = _baseline(sweep, found)
    metric = sweep.metric or merge_settings(sweep.bundle, sweep.recipes, sweep.overrides)["key_metric"]
    if metric not in EPOCH_SCORES:
        hint = did_you_mean(metric, EPOCH_SCORES)
        raise ValueError(f"metric '{metric}': cannot be compared between images{hint}; use {', '.join(EPOCH_SCORES)}")
    plan = Plan(sweep, lists, metric, baseline)
    trials = [trial for configuration in found for trial in plan.trials_of(configuration)]
    for values in _extremes(sweep):  # a mistyped key or choice fails now, not after the rows
        plan.trials_of(sampled_configuration(sweep, values))
    # Seed by seed, so that a sweep that is stopped early has seen every configuration.
    ordered = sorted(_distinct(trials), key=lambda trial: sweep.seeds.index(trial.seed))
    return replace(plan, trials=tuple(ordered))


def configurations(sweep: Sweep) -> list[Configuration]:
    """Return the configurations that a sweep enumerates: its rows, crossed with its grid."""
    found = []
    for row in sweep.rows:
        for values in itertools.product(*sweep.grid.values()):
            chosen = dict(zip(sweep.grid, values, strict=True))
            words = [row.name] if len(sweep.rows) > 1 or not chosen else []
            name = ", ".join([*words, *value_words(chosen, sweep.grid)])
            overrides = {**sweep.overrides, **row.overrides, **chosen}
            found.append(Configuration(name, (*sweep.recipes, *row.recipes), overrides))
    return renamed(found)


def renamed(found: Sequence[Configuration]) -> list[Configuration]:
    """Return configurations with names, and names of folders, that are distinct."""
    names = distinct_names([configuration.name for configuration in found])
    return [replace(configuration, name=name) for configuration, name in zip(found, names, strict=True)]


def sampled_configuration(sweep: Sweep, values: Mapping[str, Any]) -> Configuration:
    """Return the configuration that has values of a search, over those of the baseline."""
    enumerated = configurations(sweep)
    baseline = next(one for one in enumerated if one.name == _baseline(sweep, enumerated))
    ranges = {} if sweep.search is None else sweep.search.ranges
    name = ", ".join(value_words(values, {key: span["choices"] for key, span in ranges.items() if "choices" in span}))
    return Configuration(name, baseline.recipes, {**baseline.overrides, **values})


def _extremes(sweep: Sweep) -> Iterator[dict[str, Any]]:
    """Yield values of a search among which every choice, and the ends of every range, are."""
    ranges = {} if sweep.search is None else sweep.search.ranges
    known = {key: span.get("choices") or [span["low"], span["high"]] for key, span in ranges.items()}
    for at in range(max(map(len, known.values()), default=0)):
        yield {key: values[min(at, len(values) - 1)] for key, values in known.items()}


def _trials(plan: Plan, configuration: Configuration) -> Iterator[Trial]:
    sweep = plan.sweep
    budget = {} if sweep.epochs is None else {"max_epochs": sweep.epochs}
    config = merge_settings(sweep.bundle, configuration.recipes, {**configuration.overrides, **budget})
    settings = effective_settings(config)
    modules = {path.name: code_sha256(path) for path in used_modules(config, sweep.bundle)}
    for seed in sweep.seeds:
        for fold, (path, checksum) in enumerate(zip(sweep.datalists, plan.datalist_checksums, strict=True)):
            decides = {
                "settings": {**settings, "seed": seed},
                "minutes": sweep.minutes,
                "datalist": checksum,
                "code": {"radiobundle": __version__, **modules},
            }
            text = json.dumps(decides, sort_keys=True, default=str)
            identity = hashlib.sha256(text.encode()).hexdigest()[:12]
            overrides = {**configuration.overrides, **budget, "seed": seed}
            yield Trial(identity, configuration, fold, path, seed, overrides, plan.metric, sweep.minutes)


def _check_row_folders(sweep: Sweep) -> None:
    """Refuse rows whose results would lie in one folder."""
    folders: dict[str, str] = {}
    for row in sweep.rows:
        twin = folders.setdefault(row_folder_name(row.name), row.name)
        if twin != row.name:
            raise ValueError(f"'{twin}' and '{row.name}' would share a folder; rename one")


def _distinct(trials: Sequence[Trial]) -> list[Trial]:
    """Refuse two configurations that are the same training under two names."""
    names: dict[str, str] = {}
    for trial in trials:
        other = names.setdefault(trial.id, trial.configuration.name)
        if other != trial.configuration.name:
            raise ValueError(f"'{other}' and '{trial.configuration.name}' are the same training; leave one out")
    return list({trial.id: trial for trial in trials}.values())


def _baseline(sweep: Sweep, found: Sequence[Configuration]) -> str:
    """Return the name of the baseline; a row's name means that row with the first values of the grid."""
    names = [configuration.name for configuration in found]
    rows = {row.name: at * len(found) // len(sweep.rows) for at, row in enumerate(sweep.rows)}
    if sweep.baseline is None or sweep.baseline in names:
        return sweep.baseline or names[0]
    if sweep.baseline not in rows:
        raise ValueError(f"baseline '{sweep.baseline}' is no row{did_you_mean(sweep.baseline, [*rows, *names])}")
    return names[rows[sweep.baseline]]


def code_sha256(*places: Path) -> str:
    """Return one hash of modules: files, and all below folders."""
    files = [path for place in places for path in ([place] if place.is_file() else sorted(place.rglob("*.py")))]
    return hashlib.sha256("".join(map(file_sha256, files)).encode()).hexdigest()
