"""What is known of each image besides labels and probabilities: columns to filter, sort and colour by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from radiobundle.viewing.encoding import packed_array

MOST_CATEGORIES = 60  # more of them are names, which nobody chooses from a list
_FEW_NUMBERS = 10  # so many different ones are codes: yes and no, grades
_TITLES = {
    "age": "age, years",
    "ood_score": "out-of-distribution score",
    "ood_distance": "distance from the validation images",
    "sampled": "sampled as",
    "label_score": "probability of the label (low: suspicious)",
    "suspicion": "suspicious label",
}
_SCORE, _SUSPICION = "label_score", "suspicion"


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        key: unique name.
        title: for people, with the unit.
        values: (N,) float32, NaN unknown; or int32 indices into `categories`, -1 unknown.
        categories: names of the categories; None: numbers.
    """

    key: str
    title: str
    values: np.ndarray
    categories: tuple[str, ...] | None = None

    def describe(self) -> dict[str, Any]:
        """Return its entry in the manifest."""
        kind = {"kind": "number"} if self.categories is None else {"kind": "category", "values": list(self.categories)}
        return {"key": self.key, "title": self.title, **kind}

    def packed(self) -> dict[str, str]:
        """Return its values as the page takes them."""
        return packed_array(self.values, "float32" if self.categories is None else "int32")


def columns_of(facts: pd.DataFrame) -> tuple[list[Column], list[str]]:
    """Return a table's columns, and notes on those that are left out.

    Numbers with more than 10 different values stay numbers; everything else is a category.

    >>> [column.describe() for column in columns_of(pd.DataFrame({"sex": ["F", None, "M"]}))[0]]
    [{'key': 'sex', 'title': 'sex', 'kind': 'category', 'values': ['F', 'M']}]
    """
    found, notes = [], []
    for key in map(str, facts):
        values = facts[key]
        if not values.notna().any():
            continue
        column = _number(key, values) or _category(key, values)
        if column is None:
            notes.append(f"{key} has more than {MOST_CATEGORIES} different values and is left out")
        else:
            found.append(column)
    return found, notes


def read_label_errors(path: str | Path, names: np.ndarray) -> pd.DataFrame:
    """Return for each image how suspicious its most suspicious label is, from the table of `radiobundle label-errors`.

    Args:
        path: label_errors.csv, or its folder.
        names: (N,) of the images.

    Returns:
        columns `label_score` (NaN where it was not judged) and `suspicion`, in words (None where there is none).

    Raises:
        ValueError: it is not such a table, or judges none of the images.
    """
    path = Path(path) / "label_errors.csv" if Path(path).is_dir() else Path(path)
    if not path.is_file():
        raise ValueError(f"`label_errors` {path}: no such file; make it with `radiobundle label-errors`")
    table = pd.read_csv(path, keep_default_na=False)
    wanted = ("image", "given", "suggested", "score", "is_suspect")
    if missing := [name for name in wanted if name not in table]:
        raise ValueError(
            f"`label_errors` {path}: has no column '{missing[0]}'; make it with `radiobundle label-errors`"
        )
    table["score"] = pd.to_numeric(table["score"], errors="coerce")
    worst = table.sort_values("score", kind="stable").drop_duplicates("image").set_index("image").reindex(names)
    if not worst["score"].notna().any():
        raise ValueError(f"`label_errors` {path}: judges none of the images; give the table of these runs")
    is_suspect = worst["is_suspect"].astype(str) == "True"
    said = worst["given"].astype(str) + ", perhaps " + worst["suggested"].astype(str)
    columns: Mapping[str, Any] = {
        _SCORE: worst["score"].to_numpy(np.float32),
        _SUSPICION: said.where(is_suspect, None).to_numpy(object),
    }
    return pd.DataFrame(columns)


def _number(key: str, values: pd.Series) -> Column | None:
    if not (is_numeric_dtype(values) and values.nunique() > _FEW_NUMBERS):
        return None
    return Column(key, _title(key), values.to_numpy(np.float32, na_value=np.nan))


def _category(key: str, values: pd.Series) -> Column | None:
    if is_numeric_dtype(values):
        values = values.map("{:g}".format, na_action="ignore")
    codes, names = pd.factorize(values.astype(object).where(values.notna() & (values.astype(str) != "")), sort=False)
    if len(names) > MOST_CATEGORIES:
        return None
    order = sorted(range(len(names)), key=lambda at: str(names[at]))
    rank = np.full(len(names) + 1, -1, np.int32)  # the last one stands for unknown
    rank[order] = np.arange(len(names))
    return Column(key, _title(key), rank[codes], tuple(str(names[at]) for at in order))


def _title(key: str) -> str:
    return _TITLES.get(key.lower(), key.replace("_", " "))
