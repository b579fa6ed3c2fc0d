"""Weights that have seen a test image are caught, others are not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from radiobundle.datalists.datalist_file import Datalist
from radiobundle.pretrained.entry import TrainedOn
from radiobundle.pretrained.leak import leaks, unknown_sources
from radiobundle.pretrained.registry import find_entry

ALL = ("training", "validation", "test")


def datalist(test: int = 1, **provenance: Any) -> Datalist:
    item = {"image": "a.png", "label": [1]}
    return Datalist(("a",), "multilabel", {"training": [item], "validation": [], "test": [item] * test}, provenance)


@pytest.mark.parametrize(
    ("seen", "source", "split", "reason"),
    [
        (("chestxray14", ALL), "chestxray14", "official", "its test split too"),
        (("chestxray14", ("training",)), "chestxray14", "official", ""),
        (("chestxray14", ("training",)), "chestxray14", "carved", ""),
        (("chestxray14", ("training",)), "chestxray14", "patient", r"chose its own test split \(patient\)"),
        (("rsna", ("training",)), "chestxray14", "official", "shares images with chestxray14"),
        (("chestxray14", ("training",)), "siim", "stratified", "shares images with siim"),
        (("chexpert", ALL), "chestxray14", "official", ""),
        (("imagenet", ("training",)), "pneumonia", "carved", ""),
    ],
)
def test_what_has_been_seen(seen: tuple[str, tuple[str, ...]], source: str, split: str, reason: str) -> None:
    found = leaks([TrainedOn(*seen)], datalist(source=source, split=split))
    assert bool(found) == bool(reason)
    assert not reason or re.search(reason, found[0])


def test_without_a_test_split_nothing_leaks() -> None:
    assert leaks([TrainedOn("mura", ALL)], datalist(test=0, source="mura", split="official")) == []


def test_each_set_of_a_merged_list_counts() -> None:
    merged = {"nih": {"source": "chestxray14", "split": "official"}, "chex": {"source": "chexpert", "split": "patient"}}
    found = leaks(find_entry("densenet121_medmae").trained_on, datalist(source="merge", merged=merged))
    assert len(found) == 1 and "chexpert" in found[0]


def test_a_table_of_ones_own_does_not_tell() -> None:
    assert unknown_sources(datalist(source="csv")) == ["csv"] and unknown_sources(datalist(source="mura")) == []
    assert leaks([TrainedOn("mura", ALL)], datalist(source="csv")) == []


def test_torchxrayvision_all_has_seen_the_nih_test() -> None:
    entry = find_entry("densenet121_xrv_all")
    assert leaks(entry.trained_on, datalist(source="chestxray14", split="official"))
    assert not leaks(find_entry("densenet121_xrv_chex").trained_on, datalist(source="chestxray14", split="official"))
