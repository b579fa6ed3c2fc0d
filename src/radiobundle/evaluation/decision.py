"""The one place that decides how probabilities become predicted classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from radiobundle.labels import TASKS, Task
from radiobundle.words import counted


@dataclass(frozen=True)
class DecisionRule:
    """The decision rule of a task.

    Labels that may occur together are each predicted from a threshold on. Of two exclusive classes, the second
    (positive) one is predicted from its threshold on, else the first. Of three or more, the most probable one is
    predicted, whatever the thresholds: one class, never several.

    Attributes:
        task: "multiclass" or "multilabel".
        labels: C names, in the order of the probabilities.

    Raises:
        ValueError: an unknown task, or too few labels for it.

    >>> rule = DecisionRule("multiclass", ("normal", "covid", "other"))
    >>> rule.uses_thresholds
    False
    >>> rule.predict(np.array([[0.2, 0.5, 0.3]]), np.array([0.1, 0.1, 0.1])).tolist()
    [[False, True, False]]
    """

    task: Task
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ValueError(f"task is {self.task!r}; it must be one of {', '.join(TASKS)}")
        if len(self.labels) < (2 if self.task == "multiclass" else 1):
            raise ValueError(f"a {self.task} task needs more than {counted(len(self.labels), 'label')}")

    @property
    def is_exclusive(self) -> bool:
        """Whether the most probable of three or more classes is predicted."""
        return self.task == "multiclass" and len(self.labels) > 2

    @property
    def uses_thresholds(self) -> bool:
        """Whether thresholds decide; if they do not, they are reported class against rest."""
        return not self.is_exclusive

    @property
    def positive_index(self) -> int | None:
        """Index of the label whose probability alone decides (a single label, the second of two classes), or None."""
        binary = len(self.labels) == 1 or (self.task == "multiclass" and len(self.labels) == 2)
        return len(self.labels) - 1 if binary else None

    @property
    def shown_classes(self) -> list[int]:
        """Indices of the classes that get their own row: the positive one if it decides alone, else all."""
        return list(range(len(self.labels))) if self.positive_index is None else [self.positive_index]

    def shipped(self, *, has_thresholds: bool) -> str:
        """Return the decision that a model ships with: "fitted", or "default" (0.5, or the most probable class)."""
        return "fitted" if has_thresholds and self.uses_thresholds else "default"

    def is_decision(self, name: str) -> bool:
        """Whether "default" or "fitted" predicts classes here; fitted thresholds of exclusive classes do not."""
        return name == "default" or self.uses_thresholds

    def predict(self, probabilities: np.ndarray, thresholds: np.ndarray | None = None) -> np.ndarray:
        """Return which classes are predicted, (N, C) bool.

        Args:
            probabilities: (N, C).
            thresholds: (C,), from which on a class is predicted; None: 0.5.

        Raises:
            ValueError: there are not as many columns or thresholds as labels.
        """
        probabilities = self._checked(probabilities)
        if self.is_exclusive:
            predicted = np.zeros(probabilities.shape, dtype=bool)
            predicted[np.arange(len(predicted)), probabilities.argmax(axis=1)] = True
            return predicted
        above = probabilities >= (0.5 if thresholds is None else self._checked(thresholds))
        if self.task == "multiclass":
            above[:, 0] = ~above[:, 1]
        return above

    def predict_against_rest(self, probabilities: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
        """Return for each class on its own whether it reaches its threshold, (N, C) bool; several of a row may.

        Where thresholds decide this is the prediction.
        """
        if self.uses_thresholds:
            return self.predict(probabilities, thresholds)
        return self._checked(probabilities) >= self._checked(thresholds)

    def _checked(self, values: np.ndarray) -> np.ndarray:
        values = np.asarray(values)
        if values.shape[-1:] != (len(self.labels),):
            raise ValueError(f"{counted(len(self.labels), 'label')} need as many columns, got shape {values.shape}")
        return values
