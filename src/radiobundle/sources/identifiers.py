"""Patient and study ids: which spellings are the same id, and which words mean an unknown patient."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from radiobundle.sources.nobody import names_nobody, says_nothing
from radiobundle.sources.one_spelling import joined_note, one_spelling, wordless_note
from radiobundle.sources.spelling import shown, spelling_key, unguarded, visible

_THOUSANDS = re.compile(r"(?P<whole>\d{1,3}(?P<mark>[, '])\d{3}(?:(?P=mark)\d{3})*)(?P<fraction>\.0*)?")
_ZERO_FRACTION = re.compile(r"(?<=\d)[.,]0*$")
_LEADING_ZEROS = re.compile(r"(?<![\d.,])0+(?=\d)")
_PLUS = re.compile(r"^\+(?=\d)")
_CUT_BY_SPREADSHEET = re.compile(r"^\d[.,]?\d*e\+?\d+$", re.IGNORECASE)
_SHOWN = 5


def tidy_text(value: object) -> str | None:
    """Return the visible text of a cell, or None if it is empty or a placeholder (see `nobody.py`)."""
    text = _visible(value)
    return None if text is None or says_nothing(text) else text


def tidy_id(value: object) -> str | None:
    """Return the visible text of an id, without a spreadsheet's guard, or None if it names nobody."""
    text = _visible(value)
    if text is None or names_nobody(text := unguarded(text)):
        return None
    return text


def id_key(value: object) -> str | None:
    """Return a key shared by all spellings of one id; None if it names nobody.

    They differ in case, dashes, leading zeros, a leading plus, an empty fraction, and marks between thousands.

    >>> id_key("12") == id_key("00012") == id_key(12.0) == id_key(" 12 "), id_key("P05") == id_key("p5"), id_key("NA")
    (True, True, None)
    >>> id_key("1,234") == id_key("1 234.0") == id_key("+1234."), id_key("1,000") == id_key("1")
    (True, False)
    """
    text = tidy_id(value)
    return None if text is None else _key_of(text)


def _key_of(text: str) -> str:
    """Return the key of a text from `tidy_id`."""
    key = spelling_key(text)
    if thousands := _THOUSANDS.fullmatch(_PLUS.sub("", key)):
        key = thousands["whole"].replace(thousands["mark"], "")
    return _LEADING_ZEROS.sub("", _ZERO_FRACTION.sub("", _PLUS.sub("", key)))


def _visible(value: object) -> str | None:
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    return visible(str(value))


def clean_ids(values: pd.Series, what: str) -> tuple[pd.Series, list[str]]:
    """Give every id one spelling.

    Ids with the same `id_key` become the one of their spellings that is most frequent (then first). Doing it twice
    changes nothing more.

    Args:
        values: ids of any type.
        what: `patient` or `study`, for the notes.

    Returns:
        series of str, NaN where nobody is named; notes for the user.
    """
    found = one_spelling(values, tidy=tidy_id, key=_key_of)
    return found.values, [
        *_altered_notes(what, found.texts),
        *joined_note(f"{what} ids", found.several),
        *wordless_note(f"{what} ids that name nobody", found.wordless),
        *_cut_notes(what, list(dict.fromkeys(text for text in found.texts.values() if text is not None))),
    ]


def _altered_notes(what: str, tidy: Mapping[Hashable, str | None]) -> list[str]:
    altered = {str(value): text for value, text in tidy.items() if text and " ".join(str(value).split()) != text}
    if not altered:
        return []
    examples = ", ".join(f"'{shown(written)}' is '{text}'" for written, text in list(altered.items())[:_SHOWN])
    return [
        f"{what} ids with characters added by a spreadsheet or editor, which are ignored ({len(altered)}): {examples}"
    ]


def _cut_notes(what: str, texts: Sequence[str]) -> list[str]:
    cut = [text for text in texts if _CUT_BY_SPREADSHEET.match(text)]
    if not cut:
        return []
    return [
        f"WARNING: {len(cut)} {what} ids such as '{cut[0]}' look as if a spreadsheet had cut them to 15 digits or "
        "fewer: different ones may have become one; export the table again with that column as text"
    ]
