"""Which split a report begins with, and which thresholds decide."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from radiobundle.evaluation.fitting.thresholds import Thresholds, fit_thresholds, read_thresholds
from radiobundle.evaluation.predictions.table import Predictions


def headline_split(names: Sequence[str]) -> str:
    """Return the split that a report begins with: test, else the first that is not training.

    >>> headline_split(("training", "validation"))
    'validation'
    """
    reported = [name for name in names if name != "training"] or list(names)
    return "test" if "test" in reported else reported[0]


def choose_splits(table: Predictions) -> tuple[str, list[str]]:
    """Return the split that a report begins with, and all reported splits, that one first."""
    names = table.split_names
    reported = [name for name in names if name != "training"] or list(names)
    headline = headline_split(names)
    return headline, sorted(reported, key=lambda name: name != headline)


def choose_thresholds(
    table: Predictions, given: str | Path | Thresholds | None, *, rule: str, checksum: str | None
) -> Thresholds | None:
    """Return the given thresholds, or thresholds fitted on validation rows, or None.

    Raises:
        ValueError: the given thresholds do not match the labels.
    """
    if given is not None:
        found = given if isinstance(given, Thresholds) else read_thresholds(given)
        found.vector(table.labels)
        return found
    if "validation" not in table.split_names:
        return None
    return fit_thresholds(table.of_split("validation"), rule=rule, predictions_sha256=checksum)


def deciding_thresholds(
    table: Predictions, given: str | Path | Thresholds | None, *, rule: str = "youden"
) -> np.ndarray | None:
    """Return the thresholds that decide about single images, (C,); None if there are none.

    Args:
        table: predictions by image.
        given: thresholds to use instead of fitting; thresholds for studies are not used.
        rule: rule for fitting on validation rows.

    Raises:
        ValueError: the thresholds do not match the labels.
    """
    if not table.rule.uses_thresholds:
        return None
    chosen = choose_thresholds(table, given, rule=rule, checksum=None)
    return None if chosen is None or chosen.by != "image" else chosen.vector(table.labels)
