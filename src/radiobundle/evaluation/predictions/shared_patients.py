"""Patients of several splits, who let results on one split depend on what was seen in another."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from radiobundle.evaluation.predictions.table import Predictions


def shared_patient_notes(predictions: Predictions) -> list[str]:
    """Return a note for each two splits with the same patients."""
    if predictions.patient_ids is None:
        return []
    patients = {
        split: set(pd.unique(predictions.patient_ids[predictions.splits == split])) for split in predictions.split_names
    }
    return [
        f"{count:,} {'patient is' if count == 1 else 'patients are'} in both {earlier} and {later}: what was learned "
        f"or fitted on {earlier} has seen patients of {later}, whose results may be too good."
        for earlier, later in combinations(patients, 2)
        if (count := len(patients[earlier] & patients[later]))
    ]
