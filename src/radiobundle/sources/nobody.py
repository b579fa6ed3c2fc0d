"""Words that tables use for unknown values."""

from __future__ import annotations

from radiobundle.sources.spelling import spelling_key

_EMPTY = (
    "", "nan", "na", "n/a", "n.a.", "#n/a", "<na>", "nat", "null", "n/d", "n.d.", "\\n", "n\\a",
    "#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!", "#spill!", "#calc!", "#getting_data",
)  # fmt: skip
_UNKNOWN = (
    "unknown", "unk", "undefined", "unspecified", "not available", "not known", "not applicable", "not provided",
    "not specified", "not recorded", "not given", "not entered", "no data", "blank", "pending", "tbd", "withheld",
    "redacted", "removed", "unbekannt", "inconnu", "desconocido",
)  # fmt: skip
_MARKS = ("-", "--", "---", "?", "??", ".")
NO_CLASS = frozenset((*_EMPTY, *_UNKNOWN, *_MARKS))
NO_TEXT = NO_CLASS | {"none", "nil", "missing", "no id", "anonymous", "anonymized", "anonymised"}
NO_ID = NO_TEXT | {
    "anon", "deidentified", "de-identified", "xxx", "unknown patient", "no patient", "patient unknown", "empty",
}  # fmt: skip
_BRACKETS = "()<>"
_AROUND = "()<>[]{}\"'`^;:,.*#"  # of a class these may be a list's


def names_no_class(text: str) -> bool:
    """Whether a class cell is empty or says so."""
    return _is_among(NO_CLASS, text, _BRACKETS)


def says_nothing(text: str) -> bool:
    """Whether a text cell (sex, view, split) is empty or says so."""
    return _is_among(NO_TEXT, text, _AROUND)


def names_nobody(text: str) -> bool:
    r"""Whether an id is a word for nobody, or has neither a letter nor a digit.

    >>> [names_nobody(text) for text in ("(null)", "#REF!", "\u2014", "*", "P-1")]
    [True, True, True, True, False]
    """
    return _is_among(NO_ID, text, _AROUND) or not any(mark.isalnum() for mark in text)


def _is_among(words: frozenset[str], text: str, around: str) -> bool:
    key = spelling_key(text)
    return key in words or key.strip(around).strip() in words
