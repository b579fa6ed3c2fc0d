"""Names are short, and values that differ have different ones."""

from __future__ import annotations

from typing import Any

import pytest

from radiobundle.sweeps.names import distinct_names, value_words
from radiobundle.sweeps.places import row_folder_name

ADAM = "torch.optim.Adam"


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([True, "true", 1, "1", 1.0], ["true", '"true"', "1", '"1"', "1.0"]),
        (["@a#x", "@b#y", "@b#x"], ['"@a#x"', "y", '"@b#x"']),
        ([{"_target_": ADAM}, {"_target_": ADAM, "lr": 0.1}, "Adam"], ["Adam", "Adam(lr=0.1)", '"Adam"']),
        ([{"_target_": ADAM}, {"_target_": "my.Adam"}], [ADAM, "my.Adam"]),
        (["a" * 50, "b" * 50], ["#1", "#2"]),
        ([[1, 2], None], ["[1, 2]", "null"]),
    ],
)
def test_values_that_differ_are_shown_differently(values: list[Any], shown: list[str]) -> None:
    assert [word for value in values for word in value_words({"a#k": value}, {"a#k": values})] == [
        f"k={text}" for text in shown
    ]


def test_names_that_would_share_a_folder_are_numbered() -> None:
    assert distinct_names(["a b", "a-b", "a-b #2", "c"]) == ["a b", "a-b #3", "a-b #2", "c"]


def test_folders_are_visible_and_short_enough() -> None:
    assert [row_folder_name(name) for name in ("..", "-x", ".hidden", "/")] == [
        "configuration", "x", "hidden", "configuration"
    ]  # fmt: skip
    long = [row_folder_name("é" * 200 + end) for end in "ab"]
    assert long[0] != long[1] and all(len(name.encode()) < 130 for name in long)
