"""Words by which tables say that they know nothing."""

# ruff: noqa: RUF005 - cases are added to cases
from __future__ import annotations

import pytest

from radiobundle.sources.nobody import names_no_class, names_nobody, says_nothing


@pytest.mark.parametrize(
    "word",
    ["\u2013", "\u2014", "NaT", "\\N", "(null)", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "not applicable", "[]", "''"]
    + ["Not Provided", "not  specified", "(blank)", "n.d.", "redacted", "*", "/", "_", "unknown\u200b", "<NA>", "na."]
    + ["\u200b", "Anonymous^", "de\u2010identified", "null;", "####"],
)
def test_word_for_nobody(word: str) -> None:
    assert names_nobody(word)


@pytest.mark.parametrize("word", ["0", "N1", "P-", "Nadine", "none5", "nd", "*1*", "\u4e2d", "k.a.", "-1"])
def test_what_may_be_somebody_stays(word: str) -> None:
    assert not names_nobody(word)


@pytest.mark.parametrize(
    ("cell", "nothing", "no_class"),
    [("-", True, True), ("?", True, True), ("unknown", True, True), ("none", True, False), ("+", False, False)]
    + [("['unknown']", True, False), ("[]", True, False), ("missing", True, False), ("#N/A", True, True)],
)
def test_a_class_may_be_none_and_a_text_a_mark(cell: str, nothing: bool, no_class: bool) -> None:
    assert (says_nothing(cell), names_no_class(cell)) == (nothing, no_class)
