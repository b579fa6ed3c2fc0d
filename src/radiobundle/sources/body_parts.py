"""Shared by sets of limb radiographs (MURA, FracAtlas): the body part as label, and a finding as the second task."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from radiobundle.sources.label_values import check_wanted
from radiobundle.suggest import check_choice

BODY_PART = "body-part"
SEVERAL = "mixed"


def check_parts(labels: Sequence[str], known: Sequence[str], *, task: str, tasks: Sequence[str]) -> tuple[str, ...]:
    """Return the requested body parts, in this order: those that are named, else all.

    Raises:
        ValueError: a body part or the task is unknown, one is named twice, or only one is left.
    """
    check_choice("task", task, tasks)
    check_wanted(labels, known, list_known=True)
    if task == BODY_PART and len(labels) == 1:
        other = next(name for name in tasks if name != BODY_PART)
        raise ValueError(f"`labels` {labels[0]} leaves only one class; name another body part, or `task` {other}")
    return tuple(labels) or tuple(known)


def label_columns(
    shown: pd.DataFrame, finding: pd.Series, *, parts: Sequence[str], task: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the label columns of a task, with the other task's label as a group column, and the labels' names.

    Args:
        shown: bool, a column for each body part of the set.
        finding: 1 or 0; its name is the label.
        parts: labels of the task `body-part`.
        task: `body-part`, or any other: the finding.
    """
    name = str(finding.name)
    if task == BODY_PART:
        return shown[list(parts)].astype(np.int8).assign(**{name: finding}), tuple(parts)
    count = shown.sum(axis=1)
    part = shown.idxmax(axis=1).astype(object).where(count == 1, SEVERAL).where(count > 0, np.nan)
    return pd.DataFrame({name: finding, "body_part": part}), (name,)


def absent_notes(shown: pd.DataFrame, parts: Sequence[str]) -> list[str]:
    """Return a note on requested body parts that no image shows."""
    absent = [part for part in parts if not shown[part].any()]
    return [f"no image shows {', '.join(absent)}; `labels` chooses body parts"] if absent else []
