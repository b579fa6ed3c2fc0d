"""When two typed texts are the same: the one rule for ids, label names, cells and columns."""

from __future__ import annotations

import re
import unicodedata

# Invisible, though not of category Cf: fillers, joiners and the marks that choose a glyph.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u3164\uffa0\u2800\ufe00-\ufe0f]")
_DASHES = re.compile("[\u2212\u02d7]")  # minus signs; all others are of category Pd
_APOSTROPHES = re.compile("[\u2018\u2019\u02bc\u2032]")
# What keeps a spreadsheet from taking a text for a number or a date: ="00012", '00012.
_GUARD = re.compile(r"""=?(["'])(?P<quoted>[^"']*)\1|['’](?P<marked>[^"'’]+)""")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE)


def visible(text: str) -> str:
    r"""Return the visible part of a text: Unicode NFKC, without hidden characters, single spaces, none around.

    >>> visible(" Ede\u0300me\u200b  pulmonaire\xa0")
    'Edème pulmonaire'
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())  # nearly all
    plain = text
    for _ in range(2):  # what is hidden may part two marks that belong together, and come out of one that is not
        plain = unicodedata.normalize("NFKC", _without_hidden(plain))
    return " ".join(plain.split())


def _without_hidden(text: str) -> str:
    seen = (mark for mark in text if mark.isspace() or unicodedata.category(mark) not in ("Cf", "Cc"))
    return _INVISIBLE.sub("", "".join(seen))


def spelling_key(text: str) -> str:
    """Return a key shared by all spellings of a text: visible, in one case, with one kind of dash and apostrophe.

    >>> spelling_key("P\u20135") == spelling_key("p-5 ")
    True
    """
    key = _APOSTROPHES.sub("'", _DASHES.sub("-", visible(text).casefold()))
    return key if key.isascii() else "".join("-" if unicodedata.category(mark) == "Pd" else mark for mark in key)


def unguarded(text: str) -> str:
    """Return a visible text without the marks that guard it from a spreadsheet, or quotation marks around it.

    >>> unguarded('="00012"'), unguarded("'12"), unguarded("O'Hara")
    ('00012', '12', "O'Hara")
    """
    while (found := _GUARD.fullmatch(text)) is not None:
        text = visible(found["quoted"] if found["quoted"] is not None else found["marked"])
    return text


def shown(text: str) -> str:
    r"""Return a text for messages in which invisible characters are written out.

    >>> shown("Edema\u200b")
    'Edema\\u200b'
    """
    return "".join(mark if mark.isprintable() and not _is_hidden(mark) else ascii(mark)[1:-1] for mark in text)


def _is_hidden(mark: str) -> bool:
    return bool(_INVISIBLE.match(mark)) or unicodedata.combining(mark) > 0


def number(text: str) -> float:
    """Return a number written in decimals; Python itself would also take `0_1`, `nan` and `infinity`.

    Raises:
        ValueError: it is not a number.
    """
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"'{text}' is not a number")
    return float(text)
