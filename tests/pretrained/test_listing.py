"""The list and the page of an entry say what is known, and that the rest is not stated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from radiobundle.pretrained.cache import CACHE, cached_file
from radiobundle.pretrained.entry import Licence
from radiobundle.pretrained.listing import COLUMNS, describe, row, table
from radiobundle.pretrained.registry import find_entry, list_entries


def told(name: str, word: str) -> str:
    return next(text for found, text in describe(find_entry(name)) if found == word)


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE, str(tmp_path))


def test_what_is_known_of_a_hash_is_said_and_nothing_invented() -> None:
    assert told("resnet18_imagenet", "SHA-256") == "first 8 digits known, f37072fd; recorded at the first fetch"
    assert told("densenet121_xrv_nih", "SHA-256") == "unknown; recorded at the first fetch"
    assert len(told("densenet121_medmae", "SHA-256")) == 64
    fetched = cached_file(find_entry("densenet121_xrv_nih"))
    fetched.parent.mkdir(parents=True)
    fetched.with_name(f"{fetched.name}.sha256").write_text("ab  net.pt\n")
    assert told("densenet121_xrv_nih", "SHA-256") == "ab (recorded at the first fetch)"


def test_what_is_not_stated_is_said_so() -> None:
    assert told("resnet18_imagenet", "licence") == told("densenet121_xrv_nih", "size") == "not stated"
    assert told("densenet121_xrv_nih", "score") == "not stated"


def test_a_licence_that_forbids_is_said_aloud() -> None:
    entry = replace(find_entry("resnet18_imagenet"), licence=Licence("CC BY-NC 4.0", "its card", False))
    assert dict(describe(entry))["licence"] == "CC BY-NC 4.0 (its card); forbids commercial use"


def test_every_entry_has_a_row() -> None:
    lines = list(table([COLUMNS, *map(row, list_entries())]))
    assert len(lines) == 1 + len(list_entries()) and lines[0].startswith("name ")
    assert any("1 channel, -1.02e+03 to 1.02e+03" in line for line in lines)
