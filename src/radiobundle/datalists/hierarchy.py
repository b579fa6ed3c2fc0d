"""Labels that imply others: a present child makes its parents present."""

from __future__ import annotations

import graphlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from radiobundle.labels import hard_labels
from radiobundle.sources.name_file import read_names
from radiobundle.suggest import misspelt

_SHIPPED = Path(__file__).parents[1] / "templates" / "hierarchies"


@dataclass(frozen=True)
class Closure:
    """Labels that follow a hierarchy.

    Attributes:
        labels: (rows, labels) float.
        changed: label -> number of rows in which it was made present.
        rows: number of changed rows.
    """

    labels: np.ndarray
    changed: dict[str, int]
    rows: int


def read_hierarchy(name: str) -> dict[str, str]:
    """Return the parent of each child.

    Args:
        name: name of a shipped hierarchy (`chexpert`), or a JSON file `{"child": "parent", ...}`.

    Raises:
        ValueError: it does not exist, is not a mapping of names, names one twice, or a label is its own ancestor.
    """
    shipped = _SHIPPED / f"{name}.json"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(entry.stem for entry in _SHIPPED.glob("*.json")))
        raise ValueError(f"`hierarchy` '{name}': no such file; the shipped ones are {known}")
    parents = {name: parent for name, parent in read_names(path, what="child to parent").items() if name[0] != "_"}
    if not all(parents.values()):
        raise ValueError(f"{path}: '{next(name for name in parents if not parents[name])}' has no parent; leave it out")
    check_hierarchy(parents, name=str(path))
    return parents


def check_names(parents: Mapping[str, str], labels: Sequence[str], *, name: str) -> None:
    """Refuse a hierarchy that contains none of these labels, or that misspells one.

    Other names are allowed: a label may be missing in a table.
    """
    for stranger in dict.fromkeys([*parents, *parents.values()]):
        if stranger not in labels and (hint := misspelt(stranger, labels)):
            raise ValueError(f"`hierarchy` {name}: there is no label '{stranger}'{hint}")
    if not any(ancestor in labels for label in labels for ancestor in ancestors(label, parents)):
        raise ValueError(f"`hierarchy` {name}: none of the labels {', '.join(labels)} is a child of another")


def check_hierarchy(parents: Mapping[str, str], *, name: str) -> None:
    """Raise ValueError where a label is its own ancestor."""
    try:
        graphlib.TopologicalSorter({child: {parent} for child, parent in parents.items()}).prepare()
    except graphlib.CycleError as error:
        raise ValueError(
            f"{name}: a circular chain of labels, {' -> '.join(error.args[1])}; each child has one parent"
        ) from error


def ancestors(name: str, parents: Mapping[str, str]) -> list[str]:
    """Return the ancestors of a label, the nearest first.

    >>> ancestors("Pneumonia", {"Pneumonia": "Consolidation", "Consolidation": "Lung Opacity"})
    ['Consolidation', 'Lung Opacity']
    """
    found: list[str] = []
    while (name := parents.get(name, "")) != "":
        found.append(name)
    return found


def close_upwards(
    labels: np.ndarray, names: Sequence[str], parents: Mapping[str, str], *, present: np.ndarray | None = None
) -> Closure:
    """Make the ancestors of present children present. Doing it twice changes nothing more; no label is ever removed.

    The known ancestors of a soft label are at least as likely. An ancestor that is not among the labels passes
    on its children's values, so that pneumonia makes lung opacity present through a consolidation that is not in the
    list.

    Args:
        labels: (rows, labels) of 1, 0, soft labels between, and below 0 what is not known.
        names: of the labels.
        parents: child -> parent; other names are allowed.
        present: (rows, labels) bool, which children count, and count as 1; default: all by their value.

    >>> found = close_upwards(np.array([[0, 1], [0, 0]]), ("Lung Opacity", "Edema"), {"Edema": "Lung Opacity"})
    >>> found.labels.tolist(), found.changed
    ([[1.0, 1.0], [0.0, 0.0]], {'Lung Opacity': 1})
    """
    labels = np.asarray(labels, dtype=float)
    closed = labels.copy()
    index = {name: position for position, name in enumerate(names)}
    child_values = labels if present is None else np.where(present, 1.0, -np.inf)
    for child in names:
        for ancestor in filter(index.__contains__, ancestors(child, parents)):
            value, so_far = child_values[:, index[child]], closed[:, index[ancestor]]
            closed[:, index[ancestor]] = np.where((value == 1) | (so_far >= 0), np.maximum(value, so_far), so_far)
    raised = (hard_labels(closed) == 1) & (hard_labels(labels) != 1)
    changed = {name: int(count) for name, count in zip(names, raised.sum(axis=0), strict=True) if count}
    return Closure(closed, changed, int(raised.any(axis=1).sum()))
