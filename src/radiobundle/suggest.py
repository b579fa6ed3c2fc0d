"""The one "did you mean", and the check of choices that uses it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

_ALMOST = 0.85  # a letter of eight or so


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known name most similar to `name`, ignoring case, or None if none is near.

    Args:
        name: as it was written.
        known: what it may mean.
        cutoff: least similarity, 0 to 1, see `difflib.get_close_matches`.
    """
    lowered = {str(other).lower(): str(other) for other in known}
    close = difflib.get_close_matches(str(name).lower(), lowered, n=1, cutoff=cutoff)
    return lowered[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the known name nearest to `name`, or "" if none is near.

    >>> did_you_mean("learnng_rate", ["learning_rate", "seed"])
    "; did you mean 'learning_rate'?"
    """
    found = nearest(name, known)
    return "" if found is None else f"; did you mean '{found}'?"


def check_choice(option: str, value: Any, choices: Sequence[str]) -> None:
    """Raise ValueError if `value` is not one of the choices of an option."""
    if value not in choices:
        raise ValueError(f"`{option}` '{value}' is unknown; use {', '.join(choices)}{did_you_mean(value, choices)}")


def misspelt(name: str, known: Iterable[str]) -> str:
    """Return the hint of `did_you_mean` where a name differs from a known one by a letter or so, else nothing.

    >>> misspelt("Edma", ["Edema"]), misspelt("Pleural Other", ["Pleural Effusion"])
    ("; did you mean 'Edema'?", '')
    """
    return did_you_mean(name, filter(None, [nearest(name, known, cutoff=_ALMOST)]))
