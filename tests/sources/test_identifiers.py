"""Identifiers as people write them."""

# ruff: noqa: RUF005 - cases are added to cases
from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiobundle.sources.identifiers import clean_ids, id_key


@pytest.mark.parametrize(
    "spellings",
    [
        ("12", "12.0", "00012", " 12 ", 12, 12.0, "12,0", "12.", "+12", '="00012"', "'12", "12\u200b"),
        ("P5 ", "p5", "P005", "P5\u200e"),
        ("A-01", "a-1", "A-001", "A\u20111", "A\u201301", "A\u22121"),
        ("1,234", "1234", "1 234", "1\u202f234", "1'234", "1\u2019234", "1,234.0", "01234", 1234),
    ],
)
def test_spellings_of_one_id_are_one(spellings: tuple[object, ...]) -> None:
    assert len({id_key(value) for value in spellings}) == 1
    cleaned, notes = clean_ids(pd.Series(spellings, dtype=object), "patient")
    assert cleaned.nunique() == 1
    assert any("several spellings" in note for note in notes)


@pytest.mark.parametrize(
    "pair",
    [("12", "120"), ("1.05", "1.5"), ("10", "1"), ("P5", "Q5"), ("5P", "P5"), ("0", "")]
    + [("1,000", "1"), ("1.234", "1234"), ("1 2345", "12345"), ("12 34", "1234"), ("1 234,567", "1234567"), ("-5", "5")]
    + [("P-5", "P5"), ("P_5", "P-5"), ("P 5", "P5"), ("#12", "12"), ("O'Hara", "OHara"), ("1.20", "1.2")],
)
def test_different_ids_stay_different(pair: tuple[str, str]) -> None:
    assert id_key(pair[0]) != id_key(pair[1])


@pytest.mark.parametrize("word", ["nan", "NA", "n/a", "None", "UNKNOWN", "-", "", "  ", None, float("nan"), "?"])
def test_word_for_nobody_is_no_id(word: object) -> None:
    cleaned, _ = clean_ids(pd.Series([word, "7"], dtype=object), "patient")
    assert cleaned.isna().tolist() == [True, False]


def test_what_was_added_to_an_id_is_said() -> None:
    cleaned, notes = clean_ids(pd.Series(['="007"', "P5\u200b", "P5"], dtype=object), "patient")
    assert cleaned.tolist() == ["007", "P5", "P5"]
    assert notes[0].startswith("patient ids with characters added by a spreadsheet or editor, which are ignored (2)")
    assert "'P5\\u200b' is 'P5'" in notes[0]


@settings(deadline=None)
@given(st.lists(st.text(alphabet="0.Pp1 -aN,'\"=+\u200b\u2013", max_size=5), min_size=1, max_size=30))
def test_cleaning_ids_twice_changes_nothing(ids: list[str]) -> None:
    once, _ = clean_ids(pd.Series(ids, dtype=object), "patient")
    twice, notes = clean_ids(once, "patient")
    assert twice.fillna("").tolist() == once.fillna("").tolist()
    assert notes == []
