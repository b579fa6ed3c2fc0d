"""How many images of each label a split has, and how evenly they are distributed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from radiobundle.labels import IGNORED, SPLIT_NAMES, hard_labels


def count_labels(splits: dict[str, list[dict[str, Any]]], labels: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return for each split its images, its patients where they are known, and the positives of each label."""
    counts = {}
    for split, items in splits.items():
        positive = hard_labels([item["label"] for item in items]).reshape(len(items), len(labels)) == 1
        patients = {item["patient_id"] for item in items if "patient_id" in item}
        counts[split] = {
            "images": len(items),
            **({"patients": len(patients)} if patients else {}),
            **dict(zip(labels, positive.sum(axis=0).tolist(), strict=True)),
        }
    return counts


def measure_balance(labels: np.ndarray, split: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """Return the fraction of positives of each label in each split, and where it differs most from that of the whole.

    Args:
        labels: (rows, labels); ignored labels do not count.
        split: split of each row; names other than the three are left out.
        names: of the labels.

    Returns:
        `fractions`: split -> label -> fraction (None: no label is known), with the split "all", and `worst`: the split,
        label, fraction, overall fraction and their difference; None where no fraction is known in two splits.

    >>> found = measure_balance(np.array([[1], [0], [1], [0]]), np.array(["training"] * 3 + ["test"]), ["Edema"])
    >>> found["fractions"]["training"], found["worst"]["split"], found["worst"]["difference"]
    ({'Edema': 0.6667}, 'test', -0.5)
    """
    truth = hard_labels(labels)
    used = np.isin(split, SPLIT_NAMES)
    rows = {name: truth[split == name] for name in SPLIT_NAMES if (split == name).any()}
    overall = _fractions(truth[used])
    fractions = {name: _fractions(part) for name, part in rows.items()}
    worst = None
    if len(fractions) > 1:
        table = np.array(list(fractions.values())) - overall
        if np.isfinite(table).any():
            at, label = np.unravel_index(np.nanargmax(np.abs(table)), table.shape)
            name = list(fractions)[at]
            worst = {
                "split": name,
                "label": names[int(label)],
                "fraction": _rounded(fractions[name][label]),
                "overall": _rounded(overall[label]),
                "difference": _rounded(table[at, label]),
            }
    told = {
        name: dict(zip(names, map(_rounded, values), strict=True))
        for name, values in {**fractions, "all": overall}.items()
    }
    return {"fractions": told, "worst": worst}


def _fractions(truth: np.ndarray) -> np.ndarray:
    known = (truth != IGNORED).sum(axis=0)
    positive = (truth == 1).sum(axis=0)
    return np.divide(positive, known, out=np.full(len(known), np.nan), where=known > 0)


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
