"""Readable names of configurations, from the values that they differ in; values that differ are shown differently."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from radiobundle.sweeps.places import row_folder_name

_LONG = 40  # characters of a value


def value_words(chosen: Mapping[str, Any], known: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Yield key=value for a name, keys without the sections that they are in where that is clear.

    Args:
        chosen: by id.
        known: all values that an id has in the sweep, by id; an id that is not listed has any.

    >>> list(value_words({"optimizer#lr": 0.1, "loss": "@losses#bce"}, {"loss": ["@losses#bce", "@losses#focal"]}))
    ['lr=0.1', 'loss=bce']
    """
    last = [key.rpartition("#")[2] for key in chosen]
    for key, short in zip(chosen, last, strict=True):
        yield f"{short if last.count(short) == 1 else key}={_shown(chosen[key], known.get(key, ()))}"


def distinct_names(names: Sequence[str]) -> list[str]:
    """Return names of which no two share a folder: a later one gets a number.

    >>> distinct_names(["adam", "sgd", "adam"])
    ['adam', 'sgd', 'adam #2']
    """
    counts: Counter[str] = Counter()
    taken, found = {row_folder_name(name) for name in names}, list[str]()
    for name in names:
        folder = row_folder_name(name)
        counts[folder] += 1
        numbered = name
        while counts[folder] > 1 and row_folder_name(numbered := f"{name} #{counts[folder]}") in taken:
            counts[folder] += 1
        taken.add(row_folder_name(numbered))
        found.append(numbered)
    return found


def as_json(value: Any) -> str:
    """Return a value as JSON: equal texts are equal values, and 1, 1.0 and true are three."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def _shown(value: Any, known: Sequence[Any]) -> str:
    """Return a value for a name; what is too long by its position among the known ones."""
    others = [other for other in known if as_json(other) != as_json(value)]
    short = _short(value)
    if short in map(_short, others):
        short = _with_differences(value, others) if isinstance(value, Mapping) else as_json(value)
    if len(short) <= _LONG:
        return short
    position = next((at for at, other in enumerate(known, 1) if as_json(other) == as_json(value)), None)
    return f"{short[: _LONG - 3]}..." if position is None else f"#{position}"


def _short(value: Any) -> str:
    """Return components and references by their last part; texts that read like other values are in quotes."""
    if isinstance(value, Mapping) and "_target_" in value:
        return str(value["_target_"]).rpartition(".")[2]
    if isinstance(value, str) and value.startswith("@"):
        return value.rpartition("#")[2]
    return value if isinstance(value, str) and not _reads_as_json(value) else as_json(value)


def _with_differences(component: Mapping[str, Any], others: Sequence[Any]) -> str:
    """Return the last part of a component with the arguments by which it differs from those of the same name."""
    alike = [other for other in others if isinstance(other, Mapping) and _short(other) == _short(component)]
    differ = [
        name
        for name in component
        if any(name not in other or as_json(other[name]) != as_json(component[name]) for other in alike)
    ]
    target = str(component["_target_"]) if "_target_" in differ else _short(component)
    arguments = [f"{name}={_short(component[name])}" for name in differ if name != "_target_"]
    return f"{target}({', '.join(arguments)})" if arguments else target


def _reads_as_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
