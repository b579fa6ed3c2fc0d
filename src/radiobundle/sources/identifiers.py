"""Patient and study ids: which spellings name the same one, and which words name nobody."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd

NO_ID = frozenset({
    *("", "nan", "na", "n/a", "n.a.", "#n/a", "<na>", "nil", "null", "none", "unknown", "unk", "missing", "undefined"),
    *("not available", "not known", "no id", "anonymous", "anonymized", "anonymised", "-", "--", "---", "?", "??", "."),
})  # fmt: skip
_ZERO_FRACTION = re.compile(r"(?<=\d)[.,]0+$")
_LEADING_ZEROS = re.compile(r"(?<![\d.,])0+(?=\d)")
_CUT_BY_SPREADSHEET = re.compile(r"^\d[.,]?\d*e\+?\d+$", re.IGNORECASE)
_SHOWN = 5


def tidy_id(value: object) -> str | None:
    """Return an id as text without spaces around it (Unicode NFKC), or None where it names nobody (`NO_ID`)."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    text = " ".join(unicodedata.normalize("NFKC", str(value)).split())
    return None if text.casefold() in NO_ID else text


def id_key(value: object) -> str | None:
    """Return what all spellings of one id have in common: without case, leading zeros and `.0`; None for nobody.

    >>> id_key("12") == id_key("00012") == id_key(12.0) == id_key(" 12 "), id_key("P05") == id_key("p5"), id_key("NA")
    (True, True, None)
    """
    text = tidy_id(value)
    if text is None:
        return None
    return _LEADING_ZEROS.sub("", _ZERO_FRACTION.sub("", text.casefold()))


def clean_ids(values: pd.Series, what: str) -> tuple[pd.Series, list[str]]:
    """Give every id one spelling.

    Ids with the same `id_key` become the one of their spellings that is most frequent (then first). Doing it twice
    changes nothing more.

    Args:
        values: ids of any type.
        what: `patient` or `study`, for the notes.

    Returns:
        series of str, NaN where nobody is named; what the user should know.
    """
    tidy = {value: tidy_id(value) for value in pd.unique(values)}
    texts = values.map(tidy)
    keys = texts.map({text: id_key(text) for text in texts.dropna().unique()})
    counts = texts.groupby(texts, sort=False).size()
    spellings: dict[str, list[str]] = {}
    for text in counts.index:
        spellings.setdefault(str(id_key(text)), []).append(text)
    chosen = {key: max(texts, key=lambda text: counts[text]) for key, texts in spellings.items()}
    cleaned = keys.map(chosen).astype(object)
    return cleaned.where(cleaned.notna(), np.nan), [
        *_collision_notes(what, [texts for texts in spellings.values() if len(texts) > 1]),
        *_nobody_notes(what, values[texts.isna()]),
        *_cut_notes(what, list(counts.index)),
    ]


def _collision_notes(what: str, collisions: Sequence[Sequence[str]]) -> list[str]:
    if not collisions:
        return []
    shown = "; ".join(" = ".join(f"'{text}'" for text in texts) for texts in collisions[:_SHOWN])
    more = f" and {len(collisions) - _SHOWN} more" if len(collisions) > _SHOWN else ""
    return [
        f"{len(collisions)} {what} ids are written in several ways and taken as one each, kept together: {shown}{more}"
    ]


def _nobody_notes(what: str, values: pd.Series) -> list[str]:
    words = values.dropna().astype(str).str.strip()
    words = words[words != ""]
    if not len(words):
        return []
    shown = ", ".join(f"'{word}'" for word in words.unique()[:_SHOWN])
    return [f"{len(words)} {what} ids name nobody and are taken as unknown: {shown}"]


def _cut_notes(what: str, texts: Sequence[str]) -> list[str]:
    cut = [text for text in texts if _CUT_BY_SPREADSHEET.match(text)]
    if not cut:
        return []
    return [
        f"WARNING: {len(cut)} {what} ids such as '{cut[0]}' look cut to a few digits by a spreadsheet: different ones "
        "may have become one; export the table again with that column as text"
    ]
