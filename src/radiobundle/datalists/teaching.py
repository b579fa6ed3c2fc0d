"""From what a source says to the labels that are taught: policies, hierarchy, self-training, in their order."""

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
    """Labels (rows, labels) float, and what is to be said of them in the provenance."""

    labels: np.ndarray
    provenance: dict[str, Any]


@dataclass(frozen=True)
class Teaching:
    """What the labels of a table become.

    Attributes:
        values: (rows, labels) as the source says.
        decided: the same after the policies.
        names: of the labels.
        options: of the datalist.
        parents: the hierarchy; None: there is none.
        soft: what a run has predicted of uncertain labels, see `read_soft_labels`; None: it is not asked.
        filled: (labels,) bool: which it decides.
    """

    values: np.ndarray
    decided: np.ndarray
    names: tuple[str, ...]
    options: DatalistOptions
    parents: dict[str, str] | None
    soft: pd.DataFrame | None
    filled: np.ndarray

    def rows(self, kept: np.ndarray) -> Teaching:
        """Return it for some of the rows."""
        return replace(self, values=self.values[kept], decided=self.decided[kept])

    def before_split(self) -> Taught:
        """Return the labels that a split may look at: a list and the one it was self-trained from are split alike."""
        return self._closed(self.decided)

    def after_split(self, taught: Taught, images: pd.Series, split: np.ndarray) -> Taught:
        """Return what is taught, now that it is known which images are for training: as before, but for soft labels.

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
        """Return labels that follow the hierarchy, and what it has changed."""
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
        names: of all labels, which take part in the hierarchy.
        taught: those that go into the list, which alone can be self-trained.
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
