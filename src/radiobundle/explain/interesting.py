"""Which images of an evaluation are worth a heat map."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

Reason = Literal["missed", "false alarm", "found"]
REASONS: tuple[Reason, ...] = ("missed", "false alarm", "found")


class Interesting(NamedTuple):
    """One image, and the label to explain.

    Attributes:
        row: row of the image.
        label: index of the label.
        reason: missed: present, not predicted; false alarm: absent, predicted; found: present and predicted.
    """

    row: int
    label: int
    reason: Reason


def choose_interesting(
    truth: np.ndarray, probabilities: np.ndarray, predicted: np.ndarray, *, count: int
) -> list[Interesting]:
    """Return the clearest misses, the most confident false alarms and finds, in turn, each image once.

    Args:
        truth: (N, labels), 1 or 0, below 0 if unknown.
        probabilities: (N, labels).
        predicted: (N, labels), which labels are predicted, see `DecisionRule`.
        count: number of images, or fewer if there are not enough.

    >>> probabilities = np.array([[0.1], [0.8], [0.9]])
    >>> choose_interesting(np.array([[1], [0], [1]]), probabilities, probabilities > 0.5, count=2)
    [Interesting(row=0, label=0, reason='missed'), Interesting(row=1, label=0, reason='false alarm')]
    """
    present, absent = truth == 1, truth == 0
    orders = {
        "missed": _pairs(present & ~predicted, probabilities),
        "false alarm": _pairs(absent & predicted, -probabilities),
        "found": _pairs(present & predicted, -probabilities),
    }
    chosen: dict[int, Interesting] = {}
    while len(chosen) < count and any(orders.values()):
        for reason in REASONS:
            while orders[reason] and orders[reason][0][0] in chosen:
                orders[reason].pop(0)
            if orders[reason] and len(chosen) < count:
                row, label = orders[reason].pop(0)
                chosen[row] = Interesting(row, label, reason)
    return sorted(chosen.values(), key=lambda one: REASONS.index(one.reason))


def _pairs(wanted: np.ndarray, keys: np.ndarray) -> list[tuple[int, int]]:
    """Return (row, label) of the selected entries, the smallest key first."""
    rows, labels = np.nonzero(wanted)
    order = np.argsort(keys[rows, labels], kind="stable")
    return [(int(rows[i]), int(labels[i])) for i in order]
