"""Which images a page shows if there are more than it can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radiobundle.labels import hard_labels
from radiobundle.viewing.joined import Rows
from radiobundle.words import counted

RANDOM, ERROR = KINDS = ("random", "error")
_SMALLEST = 1e-7  # probability, in logarithms


@dataclass(frozen=True)
class Sample:
    """Rows that are shown.

    Args:
        rows: (n,) indices, ascending.
        kinds: (n,) which of `KINDS` each is; None: all rows are shown.
        rule: a sentence; empty: all rows are shown.
    """

    rows: np.ndarray
    kinds: np.ndarray | None = None
    rule: str = ""


def sample_rows(rows: Rows, *, images: int, thresholds: Sequence[np.ndarray | None], seed: int = 0) -> Sample:
    """Return all rows or, if there are more than `images`, a random half and the worst errors.

    The random ones are a sample of all rows, so that rates among them hold for all; the errors are those outside of it
    that a run predicts wrongly, with the largest loss first. Where there are fewer errors, the sample is larger.

    Args:
        rows: all of them.
        images: to show at most.
        thresholds: of each run, (labels,); None: 0.5, or the most probable class.
        seed: of the sample.

    Raises:
        ValueError: `images` is not positive.
    """
    if images < 1:
        raise ValueError(f"`images` {images}: must be positive")
    total = len(rows)
    if total <= images:
        return Sample(np.arange(total))
    order = np.random.default_rng(seed).permutation(total)
    wrong, loss = judge_rows(rows, thresholds)
    half = images - images // 2
    outside = order[half:]
    errors = outside[wrong[outside]]
    errors = errors[np.argsort(-loss[errors], kind="stable")][: images // 2]
    is_error = np.zeros(total, bool)
    is_error[errors] = True
    others = outside[~is_error[outside]][: images - half - len(errors)]
    last = half if not len(others) else int(np.flatnonzero(order == others[-1])[0]) + 1
    is_random = np.zeros(total, bool)
    is_random[order[:last]] = True  # all that the permutation passed, so that it is a random sample still
    chosen = np.flatnonzero(is_random | is_error)
    kinds = np.where(is_random[chosen], RANDOM, ERROR)
    worst = int((kinds == ERROR).sum())
    rule = (
        f"{counted(len(chosen), 'image')} of {total:,}: a random sample of {len(chosen) - worst:,} (seed {seed}), for "
        f"rates that hold for all, and the {counted(worst, 'other error')} with the largest loss (see 'sampled as')."
    )
    return Sample(chosen, kinds, rule)


def judge_rows(rows: Rows, thresholds: Sequence[np.ndarray | None]) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row whether any run predicts a known label wrongly, and its largest mean log loss: (N,), (N,)."""
    truth = rows.truth
    known = ~np.isnan(truth) & (truth >= 0)
    if rows.rule.task == "multiclass":
        known &= known.all(axis=1, keepdims=True)
    hard = hard_labels(np.where(known, truth, -1)) == 1
    wrong, loss = np.zeros(len(rows), bool), np.zeros(len(rows))
    for values, cuts in zip(rows.probabilities, thresholds, strict=True):
        there = known & ~np.isnan(values)
        filled = np.nan_to_num(values).clip(_SMALLEST, 1 - _SMALLEST)
        wrong |= (there & (rows.rule.predict(filled, cuts) != hard)).any(axis=1)
        soft = np.where(there, truth, 0)
        against = 0 if rows.rule.task == "multiclass" else (1 - soft) * np.log1p(-filled)
        losses = np.where(there, -(soft * np.log(filled) + against), 0)
        count = 1 if rows.rule.task == "multiclass" else there.sum(axis=1).clip(1)
        loss = np.maximum(loss, losses.sum(axis=1) / count)
    return wrong, loss
