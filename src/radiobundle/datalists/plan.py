"""Which split each row gets, for every choice of `SplitOptions`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.datalists.options import NEED_A_GIVEN_TEST, SplitOptions
from radiobundle.datalists.splits import MOST_LABELSETS, TooFewError, assign_groups, assign_labelsets
from radiobundle.labels import SPLIT_NAMES


@dataclass(frozen=True)
class SplitPlan:
    """The split of each row ('' if left out), the rows left out because they are linked to test, the provenance."""

    split: np.ndarray
    left_out: np.ndarray
    provenance: dict[str, Any]


def plan_splits(
    table: pd.DataFrame, labels: np.ndarray, groups: np.ndarray, *, options: SplitOptions, names: Sequence[str] = ()
) -> Iterator[SplitPlan]:
    """Yield one plan, or one per fold.

    With folds, `stratified`, `labelset` and `patient` test on fold i, validate on fold i + 1 and train on the others;
    `carved` keeps the given test and validates on fold i.

    Args:
        table: rows with `patient_id` and, for `given` and `carved`, `split`.
        labels: int array (rows, labels) after the policy.
        groups: int array (rows,): rows of one group are never separated, except by `given`.
        options: the choice.
        names: of the labels, for messages.

    Raises:
        ValueError: the source gives no split, or no patients, where they are needed, or a label is too rare.
    """
    if options.uses_the_given and ("split" not in table or table["split"].isna().all()):
        raise ValueError(f"`split` {options.name}: the source has no split; use stratified or patient")
    if options.uses_the_given and table["split"].isna().any():
        first = table["image"][table["split"].isna()].iloc[0]
        raise ValueError(f"`split` {options.name}: {first} has no split; fill the column or use another `split`")
    if options.name == "given":
        yield SplitPlan(table["split"].to_numpy(dtype=object), np.zeros(len(table), dtype=bool), {"split": "given"})
        return
    if options.name in ("patient", "official") and table["patient_id"].isna().any():
        first = table["image"][table["patient_id"].isna()].iloc[0]
        raise ValueError(
            f"`split` {options.name}: {table['patient_id'].isna().sum()} of {len(table)} images have no patient id "
            f"(first: {first}); fill it, or use `split` stratified, which keeps duplicates and known patients together"
        )
    if options.name in NEED_A_GIVEN_TEST:
        yield from _carved(table, labels, groups, options)
    elif options.name == "random":
        yield from _anew(labels, np.arange(len(table)), options)
    else:
        try:
            yield from _anew(labels, groups, options)
        except TooFewError as error:
            name = names[error.label] if names else f"number {error.label}"
            raise ValueError(
                f"`split` labelset: label '{name}' is present in {error.groups} independent patients or groups "
                f"of copies, too few for {options.folds or len(SPLIT_NAMES)} splits; leave it out, or use `split` "
                "stratified"
            ) from error


def _carved(table: pd.DataFrame, labels: np.ndarray, groups: np.ndarray, options: SplitOptions) -> Iterator[SplitPlan]:
    test = table["split"].eq("test").to_numpy()
    if not test.any():
        raise ValueError(f"`split` {options.name}: the source has no test split; use stratified or patient")
    linked = ~test & np.isin(groups, groups[test])
    pool = np.flatnonzero(~test & ~linked)
    if not len(pool):
        raise ValueError(
            f"`split` {options.name}: no images are left besides the given test; use stratified or patient"
        )
    folds, fraction = options.folds, options.validation_fraction
    wanted = [1 / folds] * folds if folds else [1 - fraction, fraction]
    numbered = np.unique(groups[pool], return_inverse=True)[1]
    part = assign_groups(labels[pool], numbered, fractions=wanted, seed=options.seed)
    for fold in range(folds or 1):
        split = np.where(test, "test", "").astype(object)
        split[pool] = np.where(part == (fold if folds else 1), "validation", "training")
        how: dict[str, Any] = {"folds": folds, "fold": fold} if folds else {"validation_fraction": fraction}
        yield SplitPlan(split, linked, {"split": options.name, **how, "seed": options.seed})


def _anew(labels: np.ndarray, groups: np.ndarray, options: SplitOptions) -> Iterator[SplitPlan]:
    nobody = np.zeros(len(labels), dtype=bool)
    wanted = [1 / options.folds] * options.folds if options.folds else list(options.fractions)
    assign = assign_labelsets if options.name == "labelset" else assign_groups
    part = assign(labels, groups, fractions=wanted, seed=options.seed)
    if empty := sorted(set(range(len(wanted))) - set(part.tolist())):
        which = f"fold {empty[0]}" if options.folds else SPLIT_NAMES[empty[0]]
        raise ValueError(f"`split` {options.name}: {which} gets no image; add patients, or choose other `fractions`")
    named: dict[str, Any] = {"split": options.name, "seed": options.seed}
    if options.name == "labelset":
        count = len(np.unique(labels == 1, axis=0))
        too_many = f"label, because the {count} sets of labels are more than {MOST_LABELSETS}"
        named["stratified_by"] = f"{count} sets of labels" if count <= MOST_LABELSETS else too_many
    if not options.folds:
        yield SplitPlan(
            np.array(SPLIT_NAMES, dtype=object)[part], nobody, {**named, "fractions": list(options.fractions)}
        )
        return
    for fold in range(options.folds):
        split = np.full(len(labels), "training", dtype=object)
        split[part == (fold + 1) % options.folds] = "validation"
        split[part == fold] = "test"
        yield SplitPlan(split, nobody, {**named, "folds": options.folds, "fold": fold})
