"""One spelling for all cells of a column that mean the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiobundle.sources.spelling import shown

_SHOWN = 5


@dataclass(frozen=True)
class OneSpelling:
    """A column in which every meaning has one spelling.

    Attributes:
        values: of each row; NaN where the cell says nothing.
        texts: of each different cell, as it is written; None: it says nothing.
        several: the spellings that became one, for each meaning that has several.
        wordless: the written cells that say nothing and are not empty, with their numbers of rows.
    """

    values: pd.Series
    texts: Mapping[Hashable, str | None]
    several: Sequence[Sequence[str]]
    wordless: Mapping[str, int]


def one_spelling(
    values: pd.Series, *, tidy: Callable[[object], str | None], key: Callable[[str], object]
) -> OneSpelling:
    """Give texts with the same key the one of their spellings that is most frequent (then first).

    Only different cells are looked at, so that a column may have millions of rows.

    Args:
        values: cells of any type.
        tidy: from a cell to its text; None: it says nothing.
        key: from a text to what all its spellings share.

    >>> from radiobundle.sources.spelling import spelling_key
    >>> found = one_spelling(pd.Series(["PA", "pa", " PA"]), tidy=lambda cell: str(cell).strip(), key=spelling_key)
    >>> found.values.tolist(), found.several
    (['PA', 'PA', 'PA'], [['PA', 'pa']])
    """
    rows = values.groupby(values, sort=False, observed=True).size().to_dict()
    texts = {cell: tidy(cell) for cell in rows}
    counts: dict[str, int] = {}
    for cell, text in texts.items():
        if text is not None:
            counts[text] = counts.get(text, 0) + rows[cell]
    spellings: dict[object, list[str]] = {}
    for text in counts:
        spellings.setdefault(key(text), []).append(text)
    chosen = {text: max(same, key=counts.__getitem__) for same in spellings.values() for text in same}
    cleaned = values.map({cell: chosen[text] for cell, text in texts.items() if text is not None}).astype(object)
    wordless: dict[str, int] = {}
    for cell, text in texts.items():
        if text is None and (word := str(cell).strip()):
            wordless[word] = wordless.get(word, 0) + rows[cell]
    several = [same for same in spellings.values() if len(same) > 1]
    return OneSpelling(cleaned.where(cleaned.notna(), np.nan), texts, several, wordless)


def joined_note(what: str, several: Sequence[Sequence[str]]) -> list[str]:
    """Return a note on spellings that were joined, if there are any; `what` names them."""
    if not several:
        return []
    examples = "; ".join(" = ".join(f"'{text}'" for text in texts) for texts in several[:_SHOWN])
    more = f" and {len(several) - _SHOWN} more" if len(several) > _SHOWN else ""
    return [f"{what} with several spellings, treated as one and kept together ({len(several)}): {examples}{more}"]


def wordless_note(what: str, wordless: Mapping[str, int]) -> list[str]:
    """Return a note on cells that are treated as unknown, if there are any; `what` names them."""
    if not wordless:
        return []
    examples = ", ".join(f"'{shown(word)}'" for word in list(wordless)[:_SHOWN])
    return [f"{what}, treated as unknown ({sum(wordless.values())}): {examples}"]
