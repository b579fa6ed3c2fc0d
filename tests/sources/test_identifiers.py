"""Identifiers as people write them."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiobundle.sources.identifiers import clean_ids, id_key


@pytest.mark.parametrize(
    "spellings", [("12", "12.0", "00012", " 12 ", 12, 12.0, "12,0"), ("P5 ", "p5", "P005"), ("A-01", "a-1", "A-001")]
)
def test_spellings_of_one_id_are_one(spellings: tuple[object, ...]) -> None:
    assert len({id_key(value) for value in spellings}) == 1
    cleaned, notes = clean_ids(pd.Series(spellings, dtype=object), "patient")
    assert cleaned.nunique() == 1
    assert "written in several ways" in notes[0]


@pytest.mark.parametrize("pair", [("12", "120"), ("1.05", "1.5"), ("10", "1"), ("P5", "Q5"), ("5P", "P5"), ("0", "")])
def test_different_ids_stay_different(pair: tuple[str, str]) -> None:
    assert id_key(pair[0]) != id_key(pair[1])


@pytest.mark.parametrize("word", ["nan", "NA", "n/a", "None", "UNKNOWN", "-", "", "  ", None, float("nan"), "?"])
def test_word_for_nobody_is_no_id(word: object) -> None:
    cleaned, _ = clean_ids(pd.Series([word, "7"], dtype=object), "patient")
    assert cleaned.isna().tolist() == [True, False]


@settings(deadline=None)
@given(st.lists(st.text(alphabet="0.Pp1 -aN", max_size=5), min_size=1, max_size=30))
def test_cleaning_ids_twice_changes_nothing(ids: list[str]) -> None:
    once, _ = clean_ids(pd.Series(ids, dtype=object), "patient")
    twice, notes = clean_ids(once, "patient")
    assert twice.fillna("").tolist() == once.fillna("").tolist()
    assert notes == []
