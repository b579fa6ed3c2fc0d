"""From a source's labels to training labels: policies, hierarchy and self-training, in that order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.datalists.hierarchy import check_names, close_upwards, read_hierarchy
from radiobundle.datalists.options import DatalistOptions
from radiobundle.datalists.policies import decide_labels, policies_of
from radiobundle.datalists.self_training import fill_in, read_soft_labels
from radiobundle.files import file_sha256
from radiobundle.labels import UNCERTAIN


@dataclass(frozen=True)
class Taught:
    """Labels (rows, labels) float, and their entries in the provenance."""

    labels: np.ndarray
    provenance: dict[str, Any]


@dataclass(frozen=True)
class Teaching:
    """The training labels of a table, before and after self-training.

    Attributes:
        values: (rows, labels) as in the source.
        decided: the same after the policies.
        names: of the labels.
        options: of the datalist.
        parents: the hierarchy; None: there is none.
        soft: a run's predictions for uncertain labels, see `read_soft_labels`; None: not used.
        filled: (labels,) bool: labels that it fills in.
    """

    values: np.ndarray
    decided: np.ndarray
    names: tuple[str, ...]
    options: DatalistOptions
    parents: dict[str, str] | None
    soft: pd.DataFrame | None
    filled: np.ndarray

    def rows(self, kept: np.ndarray) -> Teaching:
        """Return the same for some of the rows."""
        return replace(self, values=self.values[kept], decided=self.decided[kept])

    def before_split(self) -> Taught:
        """Return the labels used for splitting: a list and the one it was self-trained from get the same split."""
        return self._closed(self.decided)

    def after_split(self, taught: Taught, images: pd.Series, split: np.ndarray) -> Taught:
        """Return the training labels once the split is known: as before, except for soft labels.

        Args:
            taught: before the split.
            images: name of each row.
            split: of each row.
        """
        if self.soft is None:
            return taught
        wanted = (self.values == UNCERTAIN) & self.filled
        labels = fill_in(taught.labels, wanted, names=self.names, images=images, split=split, soft=self.soft)
        assert self.options.predictions is not None, "the options ask for both or neither"
        told = {
            "predictions_sha256": file_sha256(self.options.predictions),
            "labels": int((labels != taught.labels).sum()),
            "rows": int((labels != taught.labels).any(axis=1).sum()),
            "still_ignored": int((wanted & (labels < 0)).sum()),
        }
        closed = self._closed(labels)
        return Taught(closed.labels, {**closed.provenance, "self_trained": told})

    def _closed(self, labels: np.ndarray) -> Taught:
        """Return labels that follow the hierarchy, and what it changed."""
        if self.parents is None:
            return Taught(labels, {})
        present = {"positive": self.values == 1, "uncertain": (self.values == 1) | (self.values == UNCERTAIN)}.get(
            self.options.promote
        )
        found = close_upwards(labels, self.names, self.parents, present=present)
        told = {
            "name": self.options.hierarchy,
            "promote": self.options.promote,
            "rows_changed": found.rows,
            "made_present": found.changed,
        }
        return Taught(found.labels, {"hierarchy": told})


def plan_teaching(
    table: pd.DataFrame, names: tuple[str, ...], taught: tuple[str, ...], options: DatalistOptions
) -> Teaching:
    """Read what the options name and decide uncertain labels.

    Args:
        table: with a column per label.
        names: names of all labels, which are used by the hierarchy.
        taught: labels that go into the list; only these can be self-trained.
        options: of the datalist.

    Raises:
        ValueError: a policy, the hierarchy or the predictions are wrong; see the functions that do each.
    """
    parents = None if options.hierarchy is None else read_hierarchy(options.hierarchy)
    if parents is not None:
        check_names(parents, names, name=str(options.hierarchy))
    values = table[list(names)].to_numpy(dtype=float)
    decided = decide_labels(
        values, uncertain=options.uncertain, not_mentioned=options.not_mentioned, labels=names, seed=options.split.seed
    )
    policies = dict(zip(names, policies_of(options.uncertain, names), strict=True))
    filled = np.array([name in taught and policies[name] == "self-trained" for name in names])
    asked = [name for name, fills in zip(names, filled, strict=True) if fills and (table[name] == UNCERTAIN).any()]
    soft = None if options.predictions is None else read_soft_labels(options.predictions, asked)
    return Teaching(values, decided, names, options, parents, soft, filled)
