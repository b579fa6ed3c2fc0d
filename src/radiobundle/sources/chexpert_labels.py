"""Labels, cells and views of the CheXpert labeller, for the sets labelled with it (CheXpert, MIMIC-CXR-JPG).

The labeller (Irvin et al. 2019, section 2) reads a report and calls each of 14 observations positive (1), negative (0),
uncertain (-1) or not mentioned (empty).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.sources.ages import age_years
from radiobundle.sources.identifiers import tidy_id
from radiobundle.sources.label_values import check_wanted, label_column
from radiobundle.sources.projections import VIEW_CHOICES
from radiobundle.sources.table_file import RawTable
from radiobundle.suggest import check_choice
from radiobundle.words import counted

LABELS = (
    "No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation",
    "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices",
)  # fmt: skip
COMPETITION = ("Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Pleural Effusion")
_SEXES = {"male": "M", "m": "M", "female": "F", "f": "F"}
_SHOWN = 3


def check_options(labels: Sequence[str], view: str) -> tuple[str, ...]:
    """Return the labels to use: those that are named, else those of the competition.

    Raises:
        ValueError: a label or view is unknown, or a label is named twice.
    """
    check_wanted(labels, LABELS)
    check_choice("view", view, VIEW_CHOICES)
    return tuple(labels) or COMPETITION


def read_label_columns(raw: RawTable) -> dict[str, pd.Series]:
    """Return the values of the 14 columns: 1, 0, -1, NaN.

    Raises:
        ValueError: a column is missing, a row has too few or too many fields, or a cell is none of these values.
    """
    missing = [name for name in LABELS if name not in raw.rows]
    if missing:
        raise ValueError(f"{raw.path} lacks the column '{missing[0]}'; expected a table of the CheXpert labeller")
    raw.refuse_misshapen()
    return {label: _label_column(raw, label) for label in LABELS}


def read_facts(
    cells: pd.Series | None, what: str, parse: Callable[[str], Any], index: pd.Index
) -> tuple[pd.Series, list[str]]:
    """Return a column of facts about patients, and how many of its cells are not understood; these stay unknown.

    Args:
        cells: text; None: the table has no such column.
        what: it is, for the note.
        parse: raises ValueError where a text is not understood.
        index: of the rows.
    """
    if cells is None:
        return pd.Series(np.nan, index=index, dtype=object), []
    values, odd = {}, []
    for text in cells.unique():
        try:
            values[text] = parse(text)
        except ValueError:
            values[text] = np.nan
            odd.append(text)
    count = int(cells.isin(odd).sum())
    shown = ", ".join(f"'{text}'" for text in odd[:_SHOWN])
    return cells.map(values), [
        f"{what} of {counted(count, 'image')} is not understood and left empty: {shown}"
    ] if odd else []


def read_ages(cells: pd.Series | None, index: pd.Index) -> tuple[pd.Series, list[str]]:
    """Return ages in years; see `read_facts`."""
    return read_facts(cells, "the age", age_years, index)


def read_sexes(cells: pd.Series | None, index: pd.Index) -> tuple[pd.Series, list[str]]:
    """Return M or F; see `read_facts`."""
    return read_facts(cells, "the sex", _sex, index)


def _label_column(raw: RawTable, label: str) -> pd.Series:
    cells = raw.rows[label]
    values, unknown = label_column(cells)
    raw.refuse(
        unknown,
        lambda row: f"column '{label}' holds '{cells.iloc[row]}'",
        fix="a label of the CheXpert labeller is 1.0, 0.0, -1.0 or empty",
    )
    return values


def _sex(text: str) -> Any:
    tidy = tidy_id(text)
    if tidy is None:
        return np.nan
    if tidy.casefold() not in _SEXES:
        raise ValueError(f"'{text}' is not a sex")
    return _SEXES[tidy.casefold()]
