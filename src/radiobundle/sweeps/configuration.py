"""The configurations of a sweep, which are the rows of its table: enumerated from rows and grid, or sampled."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from radiobundle.suggest import did_you_mean
from radiobundle.sweeps.names import as_json, distinct_names, value_words
from radiobundle.sweeps.places import row_folder_name
from radiobundle.sweeps.sweep_file import Row, Sweep


@dataclass(frozen=True)
class Configuration:
    """What differs between the rows of the table.

    Args:
        name: in the table.
        recipes: of its training; where it has parts, of the evaluation that joins them.
        overrides: over its recipes.
        parts: the trainings whose weights it evaluates, by the setting that takes the path of their weights; empty for
            one that is trained itself.
        is_part: it is trained for another one and not compared, since its labels may be others.
    """

    name: str
    recipes: tuple[str, ...]
    overrides: Mapping[str, Any]
    parts: Mapping[str, Configuration] = field(default_factory=dict)
    is_part: bool = False

    @property
    def key(self) -> str:
        """What it is, whatever it is called."""
        parts = {setting: part.key for setting, part in self.parts.items()}
        return as_json([self.recipes, self.overrides, *([parts] if parts else [])])


def configurations(sweep: Sweep) -> list[Configuration]:
    """Return the configurations that a sweep enumerates: its rows, crossed with its grid."""
    found = []
    for row in sweep.rows:
        for values in itertools.product(*sweep.grid.values()):
            chosen = dict(zip(sweep.grid, values, strict=True))
            words = [row.name] if len(sweep.rows) > 1 or not chosen else []
            name = ", ".join([*words, *value_words(chosen, sweep.grid)])
            found.append(_configuration(sweep, row, name, chosen))
    return renamed(found)


def renamed(found: Sequence[Configuration]) -> list[Configuration]:
    """Return configurations with names, and names of folders, that are distinct."""
    names = distinct_names([configuration.name for configuration in found])
    return [replace(configuration, name=name) for configuration, name in zip(found, names, strict=True)]


def sampled_configuration(sweep: Sweep, values: Mapping[str, Any]) -> Configuration:
    """Return the configuration that has values of a search, over those of the baseline.

    Raises:
        ValueError: the baseline is not trained itself.
    """
    enumerated = configurations(sweep)
    name = baseline_name(sweep, enumerated)
    baseline = next(one for one in enumerated if one.name == name)
    if baseline.parts:
        raise ValueError(f"search: '{name}' is made of other trainings; name a `baseline` that is trained itself")
    ranges = {} if sweep.search is None else sweep.search.ranges
    words = value_words(values, {key: span["choices"] for key, span in ranges.items() if "choices" in span})
    return Configuration(", ".join(words), baseline.recipes, {**baseline.overrides, **values})


def extreme_values(sweep: Sweep) -> Iterator[dict[str, Any]]:
    """Yield values of a search among which every choice, and the ends of every range, are."""
    ranges = {} if sweep.search is None else sweep.search.ranges
    known = {key: span.get("choices") or [span["low"], span["high"]] for key, span in ranges.items()}
    for at in range(max(map(len, known.values()), default=0)):
        yield {key: values[min(at, len(values) - 1)] for key, values in known.items()}


def baseline_name(sweep: Sweep, found: Sequence[Configuration]) -> str:
    """Return the name of the baseline; a row's name means that row with the first values of the grid.

    Raises:
        ValueError: there is no such row; the message suggests the nearest one.
    """
    names = [configuration.name for configuration in found]
    rows = {row.name: at * len(found) // len(sweep.rows) for at, row in enumerate(sweep.rows)}
    if sweep.baseline is None or sweep.baseline in names:
        return sweep.baseline or names[0]
    if sweep.baseline not in rows:
        raise ValueError(f"baseline '{sweep.baseline}' is no row{did_you_mean(sweep.baseline, [*rows, *names])}")
    return names[rows[sweep.baseline]]


def check_row_folders(sweep: Sweep) -> None:
    """Refuse rows whose results would lie in one folder.

    Raises:
        ValueError: the message names both.
    """
    folders: dict[str, str] = {}
    for row in sweep.rows:
        twin = folders.setdefault(row_folder_name(row.name), row.name)
        if twin != row.name:
            raise ValueError(f"'{twin}' and '{row.name}' would share a folder; rename one")


def _configuration(sweep: Sweep, row: Row, name: str, chosen: Mapping[str, Any]) -> Configuration:
    """Return a row with values of the grid, which are those of what is trained: of its parts, where it has some."""
    recipes = (*sweep.recipes, *row.recipes)
    if not row.parts:
        return Configuration(name, recipes, {**sweep.overrides, **row.overrides, **chosen})
    parts = {
        setting: Configuration(
            f"{name}: {setting}",
            (*sweep.recipes, *part.recipes),
            {**sweep.overrides, **part.overrides, **chosen},
            is_part=True,
        )
        for setting, part in row.parts.items()
    }
    return Configuration(name, recipes, {**sweep.overrides, **row.overrides}, parts)
