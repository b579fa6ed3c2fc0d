"""An entry says all that must be known, in words that the code understands."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from radiobundle.pretrained.entry import Expected, parse_entry
from weights_cases import ENTRY


def test_a_file_lies_beside_its_entry_and_unstated_is_unstated(tmp_path: Path) -> None:
    entry = parse_entry(ENTRY, tmp_path / "mine.json")
    assert entry.name == "mine" and entry.source == {"file": str(tmp_path / "net.pt")}
    assert entry.licence is None and entry.size_mb is None and entry.sha256 == entry.score == ""


def test_value_range_is_that_of_black_and_white() -> None:
    assert Expected(1, (0.5,), (1 / 2048,)).value_range == (-1024, 1024)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("source", {"address": "http://example.com/net.pt"}, "'source#address'"),
        ("source", {"package": "x"}, "'source'"),
        ("sha256", "1234", "'sha256'"),
        ("expects", {"channels": 3, "mean": [0.5], "std": [0.5]}, "one mean and one std for each of 3"),
        ("expects", {"channels": 1, "mean": [0.5], "std": [0]}, "'expects#std#0'"),
        ("trained_on", [{"data_set": "mura", "splits": ["train"]}], "'trained_on#0#splits#0'"),
        ("licence", {"name": "MIT"}, "'licence': 'stated_in'"),
        ("colour", "blue", "colour"),
    ],
)
def test_a_wrong_entry_names_file_and_key(key: str, value: Any, message: str, tmp_path: Path) -> None:
    content = {**copy.deepcopy(ENTRY), key: value}
    with pytest.raises(ValueError, match=rf"mine\.json: .*({message})") as caught:
        parse_entry(content, tmp_path / "mine.json")
    assert "docs/pretrained.md" in str(caught.value)
