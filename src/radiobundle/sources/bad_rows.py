"""Rows of a table that cannot be used: refused with a message, or left out and counted; never guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from radiobundle.suggest import check_choice
from radiobundle.words import counted

ON_BAD_ROW_CHOICES = ("error", "skip")
_SHOWN = 3


def refuse_rows(
    wrong: ArrayLike, locate: Callable[[int], str], describe: Callable[[int], str], *, fix: str = "correct the row"
) -> None:
    """Refuse the rows where `wrong` is true: name the first, and say how many there are.

    Args:
        wrong: bool (rows,).
        locate: returns where a row is.
        describe: what is wrong with one row.
        fix: what to do.

    Raises:
        ValueError: there are such rows.
    """
    rows: list[int] = np.flatnonzero(wrong).tolist()
    if rows:
        raise ValueError(f"{locate(rows[0])}: {describe(rows[0])} ({counted(len(rows), 'such row')}); {fix}")


def left_out_by(reasons: Mapping[str, pd.Series], images: pd.Series) -> tuple[pd.Series, dict[str, list[str]]]:
    """Return which images stay, and those left out by the first reason that holds for them.

    Args:
        reasons: bool series.
        images: names.
    """
    stays = pd.Series(True, index=images.index)
    left_out = {}
    for reason, holds in reasons.items():
        names = images[stays & holds].tolist()
        stays &= ~holds
        if names:
            left_out[reason] = names
    return stays, left_out


class BadRows:
    """Collects wrong rows, with the first reason for each.

    Args:
        n_rows: rows of the table.
        locate: returns where a row is, for messages.
        on_bad_row: `error` raises at the first kind of fault, `skip` leaves the rows out.
    """

    def __init__(self, n_rows: int, locate: Callable[[int], str], *, on_bad_row: str) -> None:
        check_choice("on_bad_row", on_bad_row, ON_BAD_ROW_CHOICES)
        self.wrong = np.zeros(n_rows, dtype=bool)
        self.reasons: dict[str, list[str]] = {}
        self._locate = locate
        self._skip = on_bad_row == "skip"

    def add(self, wrong: np.ndarray, reason: str, describe: Callable[[int], str], *, fix: str = "") -> None:
        """Refuse or leave out the rows where `wrong` is true and no earlier reason was found.

        Args:
            wrong: bool array (rows,).
            reason: what is wrong, in a few words; rows are counted under it.
            describe: what is wrong with one row.
            fix: how to fix the rows instead of leaving them out.

        Raises:
            ValueError: there are such rows and they may not be left out.
        """
        rows: list[int] = np.flatnonzero(np.asarray(wrong, dtype=bool) & ~self.wrong).tolist()
        if not rows:
            return
        first = f"{self._locate(rows[0])}: {describe(rows[0])}"
        if not self._skip:
            raise ValueError(
                f"{first} ({len(rows)} of {len(self.wrong)} rows: {reason}); {fix or 'correct them'}, or leave "
                "them out with `on_bad_row` skip"
            )
        self.reasons[reason] = [f"{self._locate(row)}: {describe(row)}" for row in rows]
        self.wrong[rows] = True

    def notes(self) -> list[str]:
        """Return how many rows were left out for each reason, with the first ones."""
        return [
            f"left out {len(texts)} of {len(self.wrong)} rows, {reason}: {_cut(texts)}"
            for reason, texts in self.reasons.items()
        ]


def _cut(texts: Sequence[str]) -> str:
    more = f"; ... {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return "; ".join(texts[:_SHOWN]) + more
