"""The predictions table: a model's probabilities for each image, beside the truth.

Every evaluation writes it as `predictions.csv` and the report reads nothing else, so any model can be evaluated.
Columns: `image`, `patient_id` (optional), `split`, any group columns (sex, age, view, site ...), then
`label:<name>` (1, 0, empty = ignored) and `prob:<name>` (0..1) for each class.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.labels import IGNORED, SPLIT_NAMES, TASKS, Task

_SUM_TOLERANCE = 1e-3
UNKNOWN_PATIENT = "(unknown patient"  # how the id of an image begins whose patient nobody knows


@dataclass(frozen=True)
class Predictions:
    """Truth and probability of N images for C classes.

    Attributes:
        images: names, (N,) of str.
        patient_ids: (N,) of str, or None if the patients are unknown; an image without an id counts as its own patient.
        splits: (N,) of str: training, validation or test.
        labels: the C class names, in column order. With two exclusive classes the second one is the positive one.
        truth: (N, C) int8: 1, 0, or -1 = ignored by every number.
        probabilities: (N, C) float64 in [0, 1].
        groups: N rows, one column per further fact (sex, age, view, site ...); may have no columns.
        task: "multiclass" (classes exclude each other) or "multilabel".
        notes: what was changed or could not be understood when they were read, for those who read the results.

    Raises:
        ValueError: shapes disagree, or a value is out of range; the message names the first such place.
    """

    images: np.ndarray
    patient_ids: np.ndarray | None
    splits: np.ndarray
    labels: tuple[str, ...]
    truth: np.ndarray
    probabilities: np.ndarray
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    task: Task = "multilabel"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count, classes = len(self.images), len(self.labels)
        object.__setattr__(self, "labels", tuple(self.labels))
        object.__setattr__(self, "truth", np.asarray(self.truth, dtype=np.int8))
        object.__setattr__(self, "probabilities", np.asarray(self.probabilities, dtype=np.float64))
        if self.groups.shape[1] == 0:
            object.__setattr__(self, "groups", pd.DataFrame(index=pd.RangeIndex(count)))
        for name in ("truth", "probabilities"):
            if getattr(self, name).shape != (count, classes):
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, expected {(count, classes)}")
        for name in ("patient_ids", "splits", "groups"):
            column = getattr(self, name)
            if column is not None and len(column) != count:
                raise ValueError(f"{name} has {len(column)} rows for {count} images")
        if self.task not in TASKS:
            raise ValueError(f"task is {self.task!r}; it must be one of {', '.join(TASKS)}")
        if self.task == "multiclass" and classes < 2:
            raise ValueError("a multiclass task needs at least two labels; use multilabel for a single one")
        self._check_values()

    def _check_values(self) -> None:
        p = self.probabilities
        bad = ~((p >= 0) & (p <= 1))
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise ValueError(
                f"image {self.images[row]!r}: prob:{self.labels[column]} is {p[row, column]}; probabilities must lie "
                f"in [0, 1] ({int(bad.sum())} such values; apply sigmoid or softmax before saving)"
            )
        bad = (self.truth != 0) & (self.truth != 1) & (self.truth != IGNORED)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise ValueError(
                f"image {self.images[row]!r}: label:{self.labels[column]} is {self.truth[row, column]}; "
                "use 1, 0, or empty for ignored"
            )
        if self.task == "multiclass":
            wrong = (self.truth != IGNORED).all(axis=1) & ((self.truth == 1).sum(axis=1) != 1)
            if wrong.any():
                row = int(np.flatnonzero(wrong)[0])
                raise ValueError(
                    f"image {self.images[row]!r} has {int((self.truth[row] == 1).sum())} true classes, a multiclass "
                    f"task needs exactly one ({int(wrong.sum())} such images; did you mean task 'multilabel'?)"
                )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def rule(self) -> DecisionRule:
        """How these probabilities become predicted classes."""
        return DecisionRule(self.task, self.labels)

    @property
    def positive_label(self) -> str | None:
        """The label whose probability alone decides, see `DecisionRule.positive_index`; None if several do."""
        index = self.rule.positive_index
        return None if index is None else self.labels[index]

    @property
    def patient_count(self) -> int | None:
        """The number of patients; None if they are unknown."""
        return None if self.patient_ids is None else len(set(self.patient_ids))

    @property
    def split_names(self) -> tuple[str, ...]:
        """The splits present, in the order training, validation, test, others."""
        found = {str(name) for name in pd.unique(np.asarray(self.splits, dtype=object))}
        first = [name for name in SPLIT_NAMES if name in found]
        return (*first, *sorted(found.difference(first)))

    def subset(self, mask: np.ndarray) -> Predictions:
        """Return the images where `mask` (N,) is true, or the rows given by an index array."""
        return replace(
            self,
            images=self.images[mask],
            patient_ids=None if self.patient_ids is None else self.patient_ids[mask],
            splits=self.splits[mask],
            truth=self.truth[mask],
            probabilities=self.probabilities[mask],
            groups=self.groups.iloc[np.flatnonzero(mask) if mask.dtype == bool else mask].reset_index(drop=True),
        )

    def of_split(self, name: str) -> Predictions:
        """Return the images of one split.

        Raises:
            ValueError: no image belongs to it.
        """
        mask = np.asarray(self.splits == name)
        if not mask.any():
            raise ValueError(f"no image has split {name!r}; there are {', '.join(self.split_names)}")
        return self.subset(mask)


def own_patient(image: str) -> str:
    """Return the id under which an image counts as its own patient, in whatever table it is.

    >>> own_patient("1.png")
    '(unknown patient of 1.png)'
    """
    return f"{UNKNOWN_PATIENT} of {image})"


def usable_truth(truth: np.ndarray, *, task: Task) -> np.ndarray:
    """Return truth (N, C) in which a partly labelled row of exclusive classes is ignored as a whole."""
    if task == "multiclass":
        return np.where((truth == IGNORED).any(axis=1, keepdims=True), np.int8(IGNORED), truth)
    return truth


def infer_task(truth: np.ndarray, probabilities: np.ndarray) -> Task:
    """Return "multiclass" when every fully labelled row has one true class and its probabilities sum to 1 (±0.001).

    Args:
        truth: (N, C) of 1, 0, -1.
        probabilities: (N, C).
    """
    known = (truth != IGNORED).all(axis=1)
    if truth.shape[1] < 2 or not known.any():
        return "multilabel"
    one_true = ((truth[known] == 1).sum(axis=1) == 1).all()
    sums_to_one = (np.abs(probabilities[known].sum(axis=1) - 1) <= _SUM_TOLERANCE).all()
    return "multiclass" if one_true and sums_to_one else "multilabel"
