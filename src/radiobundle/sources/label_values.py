"""Label cells as people write them: numbers and words for present, absent, uncertain; names and lists of names."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from radiobundle.sources.nobody import names_no_class
from radiobundle.sources.spelling import number, spelling_key, unguarded, visible
from radiobundle.sources.table_file import RawTable
from radiobundle.suggest import did_you_mean

PRESENT = ("1", "yes", "y", "true", "t", "positive", "pos", "present", "+")
ABSENT = ("0", "no", "n", "false", "f", "negative", "neg", "absent")
DOUBTFUL = ("-1", "uncertain", "equivocal", "maybe")
EMPTY = ("", "nan", "na", "n/a", "#n/a", "<na>", "null", "none")
KNOWN_CELLS = "1, yes, true, positive; 0, no, false, negative; -1, uncertain; or empty"
SEPARATORS = ("|", ";")
_VALUES = {
    **dict.fromkeys(PRESENT, 1.0),
    **dict.fromkeys(ABSENT, 0.0),
    **dict.fromkeys(DOUBTFUL, -1.0),
    **dict.fromkeys(EMPTY, np.nan),
}


def label_value(text: str) -> float | None:
    """Return 1 present, 0 absent, -1 uncertain, NaN not mentioned; None where the cell is not understood.

    >>> label_value(" YES "), label_value("0,0"), label_value("-1.0"), label_value("2"), label_value("unknown")
    (1.0, 0.0, -1.0, None, None)
    """
    word = unguarded(spelling_key(text))
    if word in _VALUES:
        return _VALUES[word]
    try:
        value = number(word.replace(",", "."))
    except ValueError:
        return None
    return value if value in (-1, 0, 1) else None


def label_column(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the values of a column of cells (float), and a bool series: the cell is not understood."""
    known = {text: label_value(text) for text in cells.unique()}
    unknown = cells.map(lambda text: known[text] is None)
    return cells.map(known).astype(float), unknown


def read_flags(raw: RawTable, column: str, *, words: str = "1 or 0") -> pd.Series:
    """Return a column of 1 and 0, int8.

    Args:
        raw: the table.
        column: its name.
        words: for present and absent in this table, for the message.

    Raises:
        ValueError: a cell is neither.
    """
    cells = raw.rows[column]
    values, _ = label_column(cells)
    raw.refuse(
        ~values.isin([0, 1]),
        lambda row: f"column '{column}' holds '{cells.iloc[row]}'",
        fix=f"it must be {words}; correct the row",
    )
    return values.astype(np.int8)


def check_wanted(labels: Sequence[str], known: Collection[str], *, list_known: bool = False) -> None:
    """Refuse labels that a source does not have, and those named twice.

    Args:
        labels: that the user wants.
        known: of the source.
        list_known: name them all in the message.

    Raises:
        ValueError: the message suggests the nearest label.
    """
    for name in labels:
        if name not in known:
            there = f"; known labels are {', '.join(known)}" if list_known else ""
            raise ValueError(f"`labels`: there is no '{name}'{did_you_mean(name, known)}{there}")
    if len(set(labels)) < len(labels):
        raise ValueError(f"`labels` names a label twice: {', '.join(labels)}")


def looks_like_lists(cells: pd.Series) -> bool:
    """Whether the cells are lists as Python writes them, `['normal', 'COPD signs']`."""
    filled = cells[~cells.map(names_no_class)]
    return bool(len(filled)) and bool(filled.str.strip().str.fullmatch(r"\[.*\]", flags=re.DOTALL).mean() > 0.5)


def split_names(text: str, separator: str | None) -> list[str] | None:
    """Return the names in one cell, without empty ones; None where it is not understood or empty.

    Args:
        text: `Edema | Effusion` with a separator, `['normal', 'COPD signs']` without.
        separator: what divides names; None for Python's lists.
    """
    if names_no_class(text):
        return None
    if separator is not None:
        return [name for part in text.split(separator) if (name := " ".join(part.split()))]
    try:
        names = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(names, (list, tuple, set)) or not all(isinstance(name, str) for name in names):
        return None
    return [tidy for name in sorted(names) if (tidy := " ".join(name.split()))]


def one_spelling(names: Sequence[str], listed: Sequence[str]) -> dict[str, str]:
    """From each spelling of a name (`spelling_key`, `1.0` for `1`) to the listed one, else the most frequent, first."""
    counts = Counter(names)
    chosen = {_name_key(name): name for name in reversed(list(listed))}
    for name, _ in counts.most_common():
        chosen.setdefault(_name_key(name), visible(name))
    return {name: chosen[_name_key(name)] for name in counts}


def _name_key(name: str) -> str:
    return re.sub(r"^(-?\d+)[.,]0+$", r"\1", spelling_key(name))
