"""Labels that imply others: what is true of a child is true of its parents."""

from __future__ import annotations

import graphlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from radiobundle.files import read_json

_SHIPPED = Path(__file__).parents[1] / "templates" / "hierarchies"


@dataclass(frozen=True)
class Closure:
    """Labels that follow a hierarchy.

    Attributes:
        labels: (rows, labels) int8.
        changed: label -> in how many rows it was made present.
        rows: in how many rows anything was.
    """

    labels: np.ndarray
    changed: dict[str, int]
    rows: int


def read_hierarchy(name: str) -> dict[str, str]:
    """Return the parent of each child.

    Args:
        name: of a shipped hierarchy (`chexpert`), or a JSON file `{"child": "parent", ...}`.

    Raises:
        ValueError: there is none, it is no mapping of names, or a label is its own ancestor.
    """
    shipped = _SHIPPED / f"{name}.json"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(entry.stem for entry in _SHIPPED.glob("*.json")))
        raise ValueError(f"`hierarchy` '{name}': no such file; shipped are {known}")
    parents = read_json(path, fix="write a JSON object from child to parent")
    if not isinstance(parents, dict) or not all(isinstance(parent, str) for parent in parents.values()):
        raise ValueError(f"{path}: is not a JSON object from child to parent")
    check_hierarchy(parents, name=str(path))
    return parents


def check_hierarchy(parents: Mapping[str, str], *, name: str) -> None:
    """Raise ValueError where a label is its own ancestor."""
    try:
        graphlib.TopologicalSorter({child: {parent} for child, parent in parents.items()}).prepare()
    except graphlib.CycleError as error:
        raise ValueError(
            f"{name}: a circle of labels, {' -> '.join(error.args[1])}; each child has one parent"
        ) from error


def close_upwards(
    labels: np.ndarray, names: Sequence[str], parents: Mapping[str, str], *, present: np.ndarray | None = None
) -> Closure:
    """Make the ancestors of present children present. Doing it twice changes nothing more; nothing is ever taken back.

    An ancestor that is not among the labels passes on what its children say, so that pneumonia makes lung opacity
    present by way of a consolidation that nobody asked for.

    Args:
        labels: (rows, labels) of 1, 0, -1.
        names: of the labels.
        parents: child -> parent; names that are no label of these rows are allowed.
        present: (rows, labels) bool, which children count; default: those that are 1.

    >>> found = close_upwards(np.array([[0, 1], [0, 0]]), ("Lung Opacity", "Edema"), {"Edema": "Lung Opacity"})
    >>> found.labels.tolist(), found.changed
    ([[1, 1], [0, 0]], {'Lung Opacity': 1})
    """
    closed = np.array(labels, dtype=np.int8)
    index = {name: position for position, name in enumerate(names)}
    counts = closed == 1 if present is None else np.asarray(present, dtype=bool)
    for child in names:
        ancestor = parents.get(child)
        while ancestor is not None:
            if ancestor in index:
                closed[counts[:, index[child]], index[ancestor]] = 1
            ancestor = parents.get(ancestor)
    raised = (closed == 1) & (labels != 1)
    changed = {name: int(count) for name, count in zip(names, raised.sum(axis=0), strict=True) if count}
    return Closure(closed, changed, int(raised.any(axis=1).sum()))
