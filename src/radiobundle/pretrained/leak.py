"""Have weights seen the images that a datalist tests on?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from radiobundle.datalists.datalist_file import Datalist
from radiobundle.pretrained.entry import TrainedOn

# Data sets whose images, all or some, are images of another one.
_SHARED_IMAGES = (frozenset({"chestxray14", "nih_google", "rsna", "siim"}),)
_KEEPS_THE_OFFICIAL_TEST = ("official", "given", "carved")  # kinds of split
_WITHOUT_A_NAME = ("csv", "own")  # sources that may hold any data set


def leaks(trained_on: Sequence[TrainedOn], datalist: Datalist) -> list[str]:
    """Return why the weights may have seen images of a datalist's test split; empty: they have not, as far as is known.

    They may have if they were trained on a test split itself, or on any part of a data set whose test images were
    chosen anew.

    >>> own_split = Datalist(("a",), "multilabel", {"test": [{}]}, {"source": "chestxray14", "split": "patient"})
    >>> leaks([TrainedOn("chestxray14", ("training",))], own_split)
    ['trained on chestxray14 (training), of whose images the datalist chose its own test split (patient)']
    """
    return [
        reason
        for source, split in _tested(datalist)
        for seen in trained_on
        if (reason := _overlap(seen, source, split))
    ]


def unknown_sources(datalist: Datalist) -> list[str]:
    """Return the sources of a datalist's test images that do not tell which data set they are."""
    return [source for source, _ in _tested(datalist) if source in _WITHOUT_A_NAME]


def _tested(datalist: Datalist) -> Iterator[tuple[str, str]]:
    """Yield the source of each set with test images, and how it was split."""
    if not datalist.splits.get("test"):
        return
    for told in _sets(datalist.provenance):
        yield str(told.get("source", "own")), str(told.get("split", ""))


def _sets(provenance: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    merged = provenance.get("merged")
    if isinstance(merged, Mapping):
        for part in merged.values():
            yield from _sets(part)
    else:
        yield provenance


def _overlap(seen: TrainedOn, source: str, split: str) -> str:
    shared = any({seen.data_set, source} <= group for group in _SHARED_IMAGES)
    if seen.data_set != source and not shared:
        return ""
    parts = ", ".join(seen.splits)
    if seen.data_set != source:
        return f"trained on {seen.data_set} ({parts}), which shares images with {source}"
    if "test" in seen.splits:
        return f"trained on {source} ({parts}), its test split too"
    if split not in _KEEPS_THE_OFFICIAL_TEST:
        how = split or "unknown"
        return f"trained on {source} ({parts}), of whose images the datalist chose its own test split ({how})"
    return ""
