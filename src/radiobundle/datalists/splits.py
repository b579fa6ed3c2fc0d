"""Divide rows into splits so that linked rows stay together and every label is distributed evenly. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_LABELSETS = 256


def assign_groups(labels: np.ndarray, groups: np.ndarray, *, fractions: Sequence[float], seed: int) -> np.ndarray:
    """Give each group of rows to one part, so that rows and positives of every label follow `fractions`.

    Iterative stratification (Sechidis et al. 2011, "On the stratification of multi-label data", algorithm 1) with
    groups in the place of rows: the rarest label first, its largest groups first, each to the part that is least
    filled. Fill is measured by Webster's rule, (filled + half the group) / wanted, so that a part is not overfilled by
    one large group and large groups do not all land in the largest part. Rows without any positive are stratified
    like a further label.

    Args:
        labels: int array (rows, labels); 1 is positive, everything else is not.
        groups: int array (rows,), the group of each row, numbered from 0.
        fractions: wanted fraction of each part; positive, they are scaled to sum 1.
        seed: decides ties.

    Returns:
        int array (rows,): part of each row, an index into `fractions`.

    Raises:
        ValueError: fewer than two parts, a fraction that is not positive, or fewer groups than parts.

    >>> labels, patients = np.array([[1], [1], [0], [0]]), np.array([0, 0, 1, 2])
    >>> assign_groups(labels, patients, fractions=(0.5, 0.5), seed=0).tolist()
    [0, 0, 1, 0]
    """
    positive = labels == 1
    none = ~positive.any(axis=1, keepdims=True)
    return _assign(np.column_stack([positive, none]), groups, fractions=fractions, seed=seed, order=None)


def assign_labelsets(labels: np.ndarray, groups: np.ndarray, *, fractions: Sequence[float], seed: int) -> np.ndarray:
    """Give each group of rows to one part, so that rows of every set of labels follow `fractions`.

    Source: Chasanidis 2020, "The multilabel stratification problem": for every set of labels that occurs, from the
    largest set to the smallest, a random fraction of its rows goes to each part. Here groups of rows go instead: a set
    is dealt out by whole groups that hold it, what earlier sets have placed counts, and fill is measured as in
    `assign_groups`. Of sets with as many labels the rarer comes first. Where there are more than `MOST_LABELSETS`
    sets, most of which have next to no rows, labels are spread one by one instead, as by `assign_groups`.

    Args and returns: as for `assign_groups`.

    Raises:
        ValueError: as there, or a label is present in fewer groups than there are parts.

    >>> labels = np.array([[1, 1], [1, 1], [1, 0], [1, 0], [0, 1], [0, 1]])
    >>> sorted(assign_labelsets(labels, np.arange(6), fractions=(0.5, 0.5), seed=0)[[0, 1]].tolist())
    [0, 1]
    """
    positive = labels == 1
    for label, holds in enumerate(positive.T):
        if (holders := len(np.unique(groups[holds]))) < len(fractions):
            raise TooFewError(label, holders)
    sets, kind = np.unique(positive, axis=0, return_inverse=True)
    if len(sets) > MOST_LABELSETS:
        return assign_groups(labels, groups, fractions=fractions, seed=seed)
    kind = kind.ravel()
    order = np.lexsort([np.bincount(kind), -sets.sum(axis=1)])
    return _assign(kind[:, None] == np.arange(len(sets)), groups, fractions=fractions, seed=seed, order=order)


class TooFewError(ValueError):
    """A label cannot be in every part, because too few groups have it."""

    def __init__(self, label: int, groups: int) -> None:
        super().__init__(f"label {label} is present in {groups} groups")
        self.label, self.groups = label, groups


def _assign(
    kinds: np.ndarray, groups: np.ndarray, *, fractions: Sequence[float], seed: int, order: np.ndarray | None
) -> np.ndarray:
    """Return the part of each row; `kinds` (rows, kinds) bool are what is spread, in this order where it is given."""
    wanted_fractions = np.asarray(fractions, dtype=float)
    n_groups = int(groups.max()) + 1 if len(groups) else 0
    if len(wanted_fractions) < 2 or not (wanted_fractions > 0).all():
        raise ValueError(f"fractions must be two or more positive numbers, got {list(fractions)}")
    if n_groups < len(wanted_fractions):
        raise ValueError(
            f"{n_groups} independent patients or duplicate groups cannot fill {len(wanted_fractions)} splits; "
            "add images"
        )
    rows = np.column_stack([kinds, np.ones(len(kinds), dtype=bool)]).astype(float)  # last: how many rows
    counts = np.column_stack([np.bincount(groups, weights=column, minlength=n_groups) for column in rows.T])
    wanted = np.outer(wanted_fractions / wanted_fractions.sum(), counts.sum(axis=0))
    return _fill_parts(counts, wanted, np.random.default_rng(seed), order)[groups]


def _fill_parts(
    counts: np.ndarray, wanted: np.ndarray, random: np.random.Generator, order: np.ndarray | None
) -> np.ndarray:
    """Return the part of each group: kind by kind in `order`, or always the kind with the fewest left."""
    n_groups, n_parts = len(counts), len(wanted)
    part_of_group = np.full(n_groups, -1)
    filled = np.zeros_like(wanted)
    priority = random.permutation(n_groups)
    remaining = None if order is None else iter(order)
    while (open_groups := np.flatnonzero(part_of_group < 0)).size:
        left = counts[open_groups, :-1].sum(axis=0)
        label = int(np.argmin(np.where(left > 0, left, np.inf))) if remaining is None else int(next(remaining))
        holders = open_groups[counts[open_groups, label] > 0]
        order = np.lexsort([priority[holders], -counts[holders, -1], -counts[holders, label]])
        for group in holders[order]:
            part = _least_filled(filled, wanted, counts[group], label, first=int(priority[group]) % n_parts)
            part_of_group[group] = part
            filled[part] += counts[group]
    return part_of_group


def _least_filled(filled: np.ndarray, wanted: np.ndarray, count: np.ndarray, label: int, *, first: int) -> int:
    n_parts = len(wanted)
    fills = [
        (
            (filled[part, label] + count[label] / 2) / wanted[part, label],
            (filled[part, -1] + count[-1] / 2) / wanted[part, -1],
            (part - first) % n_parts,
            part,
        )
        for part in range(n_parts)
    ]
    return min(fills)[-1]
