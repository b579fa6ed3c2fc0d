"""A summary of a datalist in words, from its provenance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from radiobundle.datalists.build import reasons
from radiobundle.datalists.datalist_file import Datalist
from radiobundle.datalists.links import STRADDLING
from radiobundle.words import counted


def print_summary(path: Path, datalist: Datalist) -> None:
    """Print what a datalist contains, what was left out, and where it is unbalanced."""
    counts = datalist.provenance["counts"]
    lines = [
        "\n  " + f"{split}: " + ", ".join(f"{name} {value}" for name, value in count.items())
        for split, count in counts.items()
    ]
    taken = sum(count["images"] for count in counts.values())
    left_out = {reason: count for reason, count in datalist.provenance["images_left_out"].items() if count}
    rows = f"\n  {datalist.provenance['rows_read']} rows read, {taken} in the list, {sum(left_out.values())} left out"
    lines.append(rows + (f": {reasons(left_out)}" if left_out else ""))
    for key, what in STRADDLING.items():
        if leaks := datalist.provenance.get(key):
            subject = f"{counted(leaks, *what)} {'has' if leaks == 1 else 'have'}"
            lines.append(f"\n  WARNING: {subject} images in more than one split; results will be too optimistic")
    lines += [f"\n  {line}" for line in _taught(datalist.provenance)]
    if by := datalist.provenance.get("stratified_by"):
        lines.append(f"\n  split by {by}")
    if worst := datalist.provenance["balance"]["worst"]:
        lines.append(
            f"\n  least balanced: {worst['label']}, {worst['fraction']:.4f} of {worst['split']} against "
            f"{worst['overall']:.4f} of all"
        )
    for split, count in counts.items():
        absent = [label for label in datalist.labels if count["images"] and not count[label]]
        if absent:
            lines.append(f"\n  note: {split} has no positive of {', '.join(absent)}")
    print(f"{path}: {counted(len(datalist.labels), 'label')}, {datalist.task}" + "".join(lines))


def _taught(provenance: dict[str, Any]) -> Iterator[str]:
    """Yield what the hierarchy and self-training changed."""
    if tree := provenance.get("hierarchy"):
        changed = ", ".join(f"{label} {count}" for label, count in tree["made_present"].items()) or "none"
        yield f"hierarchy {tree['name']} changed {tree['rows_changed']} rows; made present: {changed}"
    if soft := provenance.get("self_trained"):
        yield (
            f"self-trained: {soft['labels']} uncertain labels in {soft['rows']} training rows; {soft['still_ignored']} "
            "in other splits are ignored"
        )
