"""The labels of a table: one column each, one column of classes, or one column of lists of names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiobundle.sources.bad_rows import BadRows
from radiobundle.sources.label_values import (
    KNOWN_CELLS,
    SEPARATORS,
    label_column,
    looks_like_lists,
    one_spelling,
    split_names,
)
from radiobundle.sources.nobody import names_no_class
from radiobundle.sources.spelling import shown, spelling_key
from radiobundle.sources.table_file import RawTable
from radiobundle.suggest import did_you_mean, nearest

NO_SEPARATOR = "none"
_SHOWN = 5
_MISSPELT = 0.9  # names more alike than this are one name, misspelt


@dataclass(frozen=True)
class LabelOptions:
    """Where the labels are: see `read_csv_table`."""

    labels: tuple[str, ...] = ()
    column: str | None = None
    separator: str | None = None
    no_finding: str | None = None
    exclusive: bool = False

    def __post_init__(self) -> None:
        if self.column is None:
            if self.separator or self.no_finding:
                raise ValueError("`label_separator` and `no_finding` need `label_column`; name that column")
            if not self.labels:
                raise ValueError("name the labels: `labels` A,B,C (one column each) or `label_column` COLUMN")
            if self.exclusive and len(self.labels) < 2:
                raise ValueError("`exclusive` needs two or more `labels`: exactly one of them is 1")
        elif self.exclusive:
            raise ValueError(
                "`exclusive` is for one column per label; the classes in a `label_column` are exclusive anyway"
            )


@dataclass(frozen=True)
class Labels:
    """One column per label (1, 0, -1, NaN), whether they exclude each other, and notes for the user."""

    values: pd.DataFrame
    exclusive: bool
    notes: list[str]


def read_labels(raw: RawTable, options: LabelOptions, bad: BadRows) -> Labels:
    """Read the labels of every row; rows that are not understood go to `bad` and hold NaN.

    Raises:
        ValueError: a name is unknown, or rows are refused.
    """
    if options.column is None:
        return _from_columns(raw, options, bad)
    cells = raw.rows[options.column]
    separator, notes = _separator(cells, options)
    if separator is None:
        if options.no_finding:
            raise ValueError("`no_finding` needs `label_separator`; without a separator it is a class like the others")
        return _from_classes(raw, cells, options, bad)
    return _from_lists(raw, cells, options, bad, separator=separator, notes=notes)


def hint(name: str, choices: Sequence[str]) -> str:
    """Return a hint at the probable name, or the existing names."""
    return did_you_mean(name, choices) or f"; it has {', '.join(choices)}"


def _from_columns(raw: RawTable, options: LabelOptions, bad: BadRows) -> Labels:
    values = {}
    for name in options.labels:
        cells = raw.rows[name]
        values[name], unknown = label_column(cells)
        bad.add(
            unknown.to_numpy(dtype=bool),
            "label not understood",
            lambda row, name=name, cells=cells: f"column '{name}' holds '{cells.iloc[row]}'",  # type: ignore[misc]
            fix=f"a label is {KNOWN_CELLS}. For a column of class names use `label_column`",
        )
    frame = pd.DataFrame(values, index=raw.rows.index)
    taught = frame[~bad.wrong]
    ones = (frame == 1).sum(axis=1)
    one_each = bool(len(taught)) and len(options.labels) > 1 and bool((ones[~bad.wrong] == 1).all())
    if options.exclusive:
        wrong = ((ones != 1) | (frame == -1).any(axis=1)).to_numpy()
        bad.add(
            wrong,
            "not exactly one class",
            lambda row: f"{ones.iloc[row]} of {', '.join(options.labels)} are 1; `exclusive` needs exactly one",
        )
        return Labels((frame == 1).astype(float), True, [])
    notes = [f"{name}: {count}" for name, count in taught.isna().sum().items() if count]
    empty = int(taught.isna().to_numpy().sum())
    silent = int(taught.isna().all(axis=1).sum())
    told = (
        [f"{empty} of {taught.size} label cells are empty, in {silent} rows all of them (`not_mentioned` decides)"]
        if notes
        else []
    )
    if one_each:
        told.append("every row has exactly one 1; if the labels exclude each other, use `exclusive`")
    return Labels(frame, False, told)


def _separator(cells: pd.Series, options: LabelOptions) -> tuple[str | None, list[str]]:
    """Return the separator of names in a cell ("": Python's lists, None: a cell is one class), and notes."""
    if options.separator == NO_SEPARATOR:
        return None, []
    if looks_like_lists(cells):
        return "", [f"column '{options.column}' holds lists of names: read as multi-label"]
    if options.separator:
        return options.separator, []
    for mark in SEPARATORS:
        count = int(cells.str.contains(mark, regex=False).sum())
        if count:
            note = (
                f"{count} cells of column '{options.column}' hold several names separated by '{mark}': read as "
                f"multi-label (`label_separator` {NO_SEPARATOR} treats each cell as one class)"
            )
            return mark, [note]
    return None, []


def _from_classes(raw: RawTable, cells: pd.Series, options: LabelOptions, bad: BadRows) -> Labels:
    listed = {spelling_key(name) for name in options.labels}
    empty = cells.map(lambda text: names_no_class(text) and spelling_key(text) not in listed).to_numpy(dtype=bool)
    bad.add(
        empty,
        "no class",
        lambda row: f"column '{options.column}' names no class ('{shown(cells.iloc[row])}')",
        fix="fill it, or list the word in `labels` if it is a class",
    )
    names = cells.str.split().str.join(" ")
    spelling = one_spelling(names[~bad.wrong].tolist(), options.labels)
    names = names.map(spelling).where(~bad.wrong)
    found = list(dict.fromkeys(spelling.values()))
    unlisted = [name for name in found if options.labels and name not in options.labels]
    if unlisted:
        raise ValueError(
            f"{raw.path}: column '{options.column}' holds '{unlisted[0]}', not in "
            f"`labels`{hint(unlisted[0], options.labels)}"
        )
    notes = _spelling_notes(spelling)
    commas = int(cells.str.contains(",", regex=False).sum())
    if commas:
        notes.append(f"{commas} cells of column '{options.column}' hold a comma; `label_separator` , splits them")
    columns = list(options.labels) or sorted(found)
    if len(columns) == 1:
        notes.append(
            f"column '{options.column}' holds a single class, '{columns[0]}': there is nothing to tell it from, so "
            "nothing can be learned from this list alone"
        )
    return Labels(pd.DataFrame({name: (names == name).astype(float) for name in columns}), True, notes)


def _from_lists(
    raw: RawTable, cells: pd.Series, options: LabelOptions, bad: BadRows, *, separator: str, notes: list[str]
) -> Labels:
    parsed = {text: split_names(text, separator or None) for text in cells.unique()}
    unread = cells.map(lambda text: parsed[text] is None).to_numpy(dtype=bool)
    bad.add(unread, "not a list of names", lambda row: f"column '{options.column}' holds '{cells.iloc[row]}'")
    lists = [parsed[text] or [] for text in cells]
    none = options.no_finding
    spelling = one_spelling(
        [name for row, names in enumerate(lists) if not bad.wrong[row] for name in names],
        [*options.labels, *([none] if none else [])],
    )
    lists = [list(dict.fromkeys(spelling.get(name, name) for name in names)) for names in lists]
    counts = Counter(name for row, names in enumerate(lists) if not bad.wrong[row] for name in names)
    if none:
        if none not in counts:
            raise ValueError(f"{raw.path}: column '{options.column}' never holds '{none}'{hint(none, list(counts))}")
        both = np.array([none in names and len(names) > 1 for names in lists], dtype=bool)
        bad.add(
            both, "both a finding and none", lambda row: f"'{cells.iloc[row]}' holds '{none}' together with a finding"
        )
        del counts[none]
    notes = [*notes, *_spelling_notes(spelling), *_unlisted_notes(raw, options, counts)]
    empty = sum(not names and not bad.wrong[row] for row, names in enumerate(lists))
    if empty:
        notes.append(f"{empty} lists of column '{options.column}' are empty: no label applies")
    columns = list(options.labels) or sorted(counts)
    position = {name: k for k, name in enumerate(columns)}
    values = np.zeros((len(lists), len(columns)))
    for row, names in enumerate(lists):
        values[row, [position[name] for name in names if name in position]] = 1
    return Labels(pd.DataFrame(values, columns=columns, index=raw.rows.index), False, notes)


def _unlisted_notes(raw: RawTable, options: LabelOptions, counts: Counter[str]) -> list[str]:
    if not options.labels:
        return []
    absent = [name for name in options.labels if name not in counts]
    if absent:
        raise ValueError(
            f"{raw.path}: column '{options.column}' never holds '{absent[0]}'{hint(absent[0], list(counts)[:20])}"
        )
    unlisted = {name: count for name, count in counts.most_common() if name not in options.labels}
    for name in unlisted:
        if nearest(name, options.labels, cutoff=_MISSPELT):
            raise ValueError(
                f"{raw.path}: column '{options.column}' holds '{name}', not in "
                f"`labels`{did_you_mean(name, options.labels)} correct the table, or add it to `labels`"
            )
    if not unlisted:
        return []
    shown = ", ".join(f"'{name}' ({count})" for name, count in list(unlisted.items())[:_SHOWN])
    return [f"{len(unlisted)} names of column '{options.column}' are not among `labels` and are not used: {shown}"]


def _spelling_notes(spelling: dict[str, str]) -> list[str]:
    changed = [f"'{shown(name)}' = '{chosen}'" for name, chosen in spelling.items() if name != chosen]
    return [f"different spellings of a label are treated as one: {', '.join(changed)}"] if changed else []
