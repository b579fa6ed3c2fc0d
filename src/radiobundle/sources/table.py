"""The common table that every source yields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.labels import SPLIT_NAMES, UNCERTAIN
from radiobundle.sources.image_names import relative_name

STANDARD_COLUMNS = ("image", "patient_id", "study_id", "view", "age", "sex")


@dataclass(frozen=True)
class SourceTable:
    """Images, their patients, and what they show.

    Args:
        source: name of the source, as on the command line.
        table: one row per image with the columns `image` (posix path relative to the dataset folder), `patient_id`,
            `study_id`, `view`, `age`, `sex`, one column per label (1 present, 0 absent, a soft label between them if
            labels may be true together, -1 uncertain, NaN not mentioned), optionally `split` (the split the source
            itself gives) and any further group columns. What is not known is NaN.
        labels: names of the label columns, in the order of the network's outputs.
        exclusive: exactly one label of each row is 1 (multi-class) instead of any number (multi-label).
        source_files: the tables that were read, or a folder of reports; empty where folder names are the labels.
        notes: notes for the user about the source: odd values, stray files; printed and kept in the provenance.
        taught: the labels that go into the datalist, in this order; the others only inform a hierarchy. None: all.
        left_out: rows of the source that are not in the table, by reason: their positions or names.

    Raises:
        ValueError: the table violates one of these conditions.
    """

    source: str
    table: pd.DataFrame
    labels: tuple[str, ...]
    exclusive: bool = False
    source_files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    taught: tuple[str, ...] | None = None
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_columns(self.table, self.labels)
        _check_images(self.table["image"])
        _check_labels(self.table, self.labels, exclusive=self.exclusive)
        if "split" in self.table:
            unknown = sorted(set(self.table["split"].dropna()) - set(SPLIT_NAMES))
            if unknown:
                raise ValueError(f"column 'split' holds {unknown}; it may hold {', '.join(SPLIT_NAMES)}")

    @property
    def rows_read(self) -> int:
        """Rows of the source: those of the table and those left out."""
        return len(self.table) + sum(len(rows) for rows in self.left_out.values())

    @property
    def group_columns(self) -> tuple[str, ...]:
        """Columns beyond the standard ones, the labels and the split."""
        known = {*STANDARD_COLUMNS, *self.labels, "split"}
        return tuple(column for column in self.table.columns if column not in known)


def _check_columns(table: pd.DataFrame, labels: tuple[str, ...]) -> None:
    if not labels:
        raise ValueError("a source needs at least one label")
    repeated = {name for name in labels if labels.count(name) > 1}
    if repeated:
        raise ValueError(f"label {sorted(repeated)} is named twice")
    clash = [name for name in labels if name in (*STANDARD_COLUMNS, "split")]
    if clash:
        raise ValueError(f"label {clash} has the name of a standard column; rename it in the table")
    missing = [column for column in (*STANDARD_COLUMNS, *labels) if column not in table.columns]
    if missing:
        fix = "; `with_standard_columns` adds them" if set(missing) <= set(STANDARD_COLUMNS[1:]) else ""
        raise ValueError(f"the table lacks the columns {', '.join(missing)}{fix}")
    if table.empty:
        raise ValueError("the table has no usable rows")


def _check_images(images: pd.Series) -> None:
    if len(blank := np.flatnonzero(images.isna() | (images.astype(str).str.strip() == ""))):
        raise ValueError(f"row {blank[0] + 1} of the table names no image; remove the row or fill the column")
    outside = [name for name in images if relative_name(name, ()) != name]
    if outside:
        raise ValueError(
            f"image '{outside[0]}' is not a plain path below the dataset folder ({len(outside)} such images)"
        )
    repeated = images[images.duplicated()]
    if len(repeated):
        raise ValueError(
            f"{repeated.iloc[0]} appears in more than one row ({len(repeated)} rows too many); keep one row per image"
        )


def _check_labels(table: pd.DataFrame, labels: tuple[str, ...], *, exclusive: bool) -> None:
    for label in labels:
        cells = table[label]
        known = cells.isin([0, 1]) if exclusive else cells.between(0, 1)
        wrong = ~(cells.isna() | cells.eq(UNCERTAIN) | known)
        if wrong.any():
            row = table[wrong].iloc[0]
            raise ValueError(
                f"{row['image']}: label '{label}' is {row[label]}; it may be 1, 0, -1 (uncertain) or empty"
            )
    if exclusive:
        values = table[list(labels)].to_numpy(dtype=float)
        wrong_rows = ((values == 1).sum(axis=1) != 1) | (values == UNCERTAIN).any(axis=1)
        if wrong_rows.any():
            name = table["image"].iloc[int(np.flatnonzero(wrong_rows)[0])]
            raise ValueError(f"{name}: exactly one of {', '.join(labels)} must be 1")
