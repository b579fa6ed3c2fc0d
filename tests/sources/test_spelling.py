"""Texts that look alike are alike, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiobundle.sources.spelling import number, spelling_key, unguarded, visible

TEXTS = st.text(alphabet="aA1é\u0301 \u200b\u00ad\ufeff\ufe0f'’\"=-\u2013\u2212\u2800\n", max_size=8)


@pytest.mark.parametrize(
    "text",
    [
        "P5\u200b",
        "\ufeffP5",
        "P\u00ad5",
        "P5\u200e",
        "P5\u00a0",
        "P5\ufe0f",
        "P5\x00",
        "\uff305",
        "\u2060P5 ",
        "P5\u2800",
    ],
)
def test_what_cannot_be_seen_is_not_there(text: str) -> None:
    assert visible(text) == "P5"


@pytest.mark.parametrize("dash", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d")
def test_dashes_are_one(dash: str) -> None:
    assert spelling_key(f"P{dash}5") == "p-5"


@pytest.mark.parametrize("pair", [("P_5", "P-5"), ("P 5", "P5"), ("P.5", "P5"), ("\u00e9", "e"), ("-5", "5")])
def test_what_can_be_told_apart_stays_apart(pair: tuple[str, str]) -> None:
    assert spelling_key(pair[0]) != spelling_key(pair[1])


@settings(deadline=None)
@given(TEXTS)
def test_doing_it_twice_changes_nothing(text: str) -> None:
    once = visible(text)
    assert visible(once) == once
    assert spelling_key(spelling_key(text)) == spelling_key(text) == spelling_key(once)
    assert unguarded(unguarded(once)) == unguarded(once)


@pytest.mark.parametrize("text", ["0_1", "nan", "inf", "Infinity", "", "1,5", "0x1", "1 2"])
def test_only_decimals_are_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        number(text)
    assert [number(text) for text in ("1", " -1.5", ".5", "1.", "1e3")] == [1, -1.5, 0.5, 1, 1000]
