"""Every score of heat maps against boxes, finding by finding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.evaluation.intervals.mean import mean_interval
from radiobundle.explain.pointing_game import score_pointing

MEASURES = ("iou", "energy")


def score_localisation(
    pairs: pd.DataFrame, *, labels: Sequence[str], resamples: int = 1000, seed: int = 0
) -> list[dict[str, Any]]:
    """Return the rows of `score_pointing`, each with `iou` and `energy`: value, low, high, centre, blind and pairs.

    Args:
        pairs: one row per image and finding with boxes: the columns of `score_pointing`, `patient_id`, and each measure
            with its `<measure>_centre`; NaN if a pair is not scored.
        labels: order of the rows.
        resamples: number of resamples for the intervals of iou and energy, by patient.
        seed: seed of the resampling.
    """
    pointing = score_pointing(pairs, labels=labels)
    records = pointing.to_dict("records")
    rows: list[dict[str, Any]] = [
        {str(key): value for key, value in row.items() if not pd.isna(value)} for row in records
    ]
    findings = [row for row in rows if row["finding"] in set(pairs["finding"])]
    for row in rows[: len(findings) + 1]:
        part = pairs if row not in findings else pairs[pairs["finding"] == row["finding"]]
        row["patients"] = int(part["patient_id"].nunique())
        for measure in MEASURES:
            row[measure] = _measure(part, measure, resamples=resamples, seed=seed)
    for measure in MEASURES:
        rows[-1][measure] = {
            key: _mean([row[measure][key] for row in findings]) for key in ("value", "centre", "blind")
        }
    return rows


def _measure(pairs: pd.DataFrame, measure: str, **options: int) -> dict[str, Any]:
    scored = pairs[pairs[measure].notna()]
    found = mean_interval(scored[measure].to_numpy(), patient_ids=scored["patient_id"].to_numpy(object), **options)
    centre, blind = scored[f"{measure}_centre"].mean(), scored["box_fraction"].mean()
    return {**found, "centre": _plain(centre), "blind": _plain(blind), "pairs": len(scored)}


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
