"""Labels that Google's radiologists gave to ChestX-ray14 (Majkowska et al. 2020), in place of those read from reports.

Three radiologists judged 1,962 images for testing and 2,414 for validation, and settled where they differed. The tables
have `Fracture`, `Pneumothorax`, `Airspace opacity` and `Nodule or mass`, each YES or NO. Only two of these meet labels
of ChestX-ray14: `Pneumothorax`, and `Nodule or mass`, which is both `Nodule` and `Mass`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from radiobundle.labels import UNCERTAIN
from radiobundle.sources.find_table import read_columns
from radiobundle.sources.label_values import read_flags
from radiobundle.sources.table import SourceTable

_EITHER = ("Nodule", "Mass")
_COLUMNS = ("Image Index", "Pneumothorax", "Nodule or mass")


def replace_labels(source: SourceTable, path: str | Path) -> SourceTable:
    """Return ChestX-ray14 with the adjudicated labels where there are some.

    NO for `Nodule or mass` is 0 for both labels. YES keeps what the report said if that is a nodule or a mass; if it is
    neither, nobody knows which, and both become uncertain. The column `labels_from` says whose labels a row has.

    Args:
        source: ChestX-ray14.
        path: of a table of adjudicated labels.

    Raises:
        ValueError: the table lacks a column, has a cell other than YES or NO, or names no image of the source.
    """
    raw = read_columns(Path(path), _COLUMNS, what="the table of adjudicated labels of ChestX-ray14")
    raw.refuse_repeated(raw.rows[["Image Index"]])
    names = source.table["image"].str.rpartition("/")[2]
    values = {}
    for column in _COLUMNS[1:]:
        seen = read_flags(raw, column, words="YES or NO")
        values[column] = names.map(seen.set_axis(raw.rows["Image Index"]))
    known = values["Pneumothorax"].notna()
    if not known.any():
        raise ValueError(f"{raw.path}: names no image of this set; give the table with names such as {names.iloc[0]}")
    table = source.table.assign(labels_from=np.where(known, "adjudicated", "report"))
    before = table[list(source.labels)].copy()
    pneumothorax = values["Pneumothorax"]
    table["Pneumothorax"] = table["Pneumothorax"].where(pneumothorax.isna(), pneumothorax)
    seen, reported = values["Nodule or mass"], table[list(_EITHER)].eq(1).any(axis=1)
    for label in _EITHER:
        table[label] = table[label].astype(float).mask(seen.eq(0), 0.0).mask(seen.eq(1) & ~reported, float(UNCERTAIN))
    changed = table[list(source.labels)].ne(before).sum()
    counts = ", ".join(f"{count} of {label}" for label, count in changed.items() if count)
    strangers = len(raw.rows) - int(known.sum())
    note = (
        f"{raw.path.name}: adjudicated labels of {int(known.sum()):,} images ({strangers:,} of its rows are of no "
        f"image here); changed: {counts or 'none'}. Fracture and Airspace opacity are no labels here"
    )
    return replace(source, table=table, notes=(*source.notes, note), source_files=(*source.source_files, raw.path))
