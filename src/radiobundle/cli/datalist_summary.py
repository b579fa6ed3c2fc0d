"""What is in a datalist, in words, by its provenance."""

from __future__ import annotations

from pathlib import Path

from radiobundle.datalists.build import reasons
from radiobundle.datalists.datalist_file import Datalist
from radiobundle.datalists.links import STRADDLING


def print_summary(path: Path, datalist: Datalist) -> None:
    """Say on stdout what a datalist holds, what was left out of it, and where it is uneven."""
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
            lines.append(f"\n  WARNING: {leaks} {what} have images in more than one split; results will look too good")
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
    print(f"{path}: {len(datalist.labels)} labels, {datalist.task}" + "".join(lines))
