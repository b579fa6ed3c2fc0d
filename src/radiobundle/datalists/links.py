"""Which rows must stay together because they share a patient or a study, and how much of that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.datalists.survey import Survey
from radiobundle.sources.crowded_patients import crowded_note, crowded_patient
from radiobundle.sources.identifiers import clean_ids
from radiobundle.sources.path_patients import patients_in_paths
from radiobundle.sources.studies import study_keys

# Key of the provenance: what is counted there.
STRADDLING = {
    "patients_in_several_splits": ("patient",),
    "studies_in_several_splits": ("study", "studies"),
    "copies_in_several_splits": ("group of copies", "groups of copies"),
}


@dataclass(frozen=True)
class Links:
    """The links between rows that share a patient or a study.

    Args:
        patients: id per row, from the source or, if it names no patients, from the paths; NaN if unknown.
        studies: key per row, NaN where unknown.
        keys: series per kind of link, for `linked_groups`.
        notes: notes for the user.
        provenance: how many are known, and how.
    """

    patients: pd.Series
    studies: pd.Series
    keys: list[pd.Series]
    notes: list[str]
    provenance: dict[str, Any]


def link_rows(table: pd.DataFrame, *, patients_from_paths: bool = True) -> Links:
    """Find out which rows share a patient or a study.

    Args:
        table: rows with `image`, `patient_id`, `study_id`.
        patients_from_paths: take ids that the paths hold where rows name no patient.
    """
    patients, notes = table["patient_id"], []
    known = int(patients.notna().sum())
    provenance: dict[str, Any] = {"named_by_the_source": known, "images": len(table)}
    keys = []
    unknown = len(table) - known
    found = patients_in_paths(table["image"]) if unknown else None
    if found is not None:
        whose = f"the paths of {found.n_images} of {len(table)} images hold patient ids ({found.rule}, "
        whose += f"{found.ids.nunique()} patients, the first: {found.ids.dropna().iloc[0]})"
        provenance["in_paths"] = {"rule": found.rule, "images": found.n_images, "used": patients_from_paths}
        if patients_from_paths:
            ids, told = clean_ids(found.ids, "patient")
            notes += told
            keys.append(ids)
            patients = patients if known else ids
            notes.append(f"{whose}: used to keep patients together; `patients_from_paths` no ignores them")
            unknown = int((table["patient_id"].isna() & found.ids.isna()).sum())
        else:
            notes.append(f"{whose}: not used (`patients_from_paths` no)")
    if (crowded := crowded_patient(patients)) is not None:
        notes = [*notes, crowded_note(crowded, patients)]
        provenance["owns_too_many_images"] = crowded
    studies, study_notes = study_keys(patients, table["study_id"])
    if unknown:
        notes.append(
            f"WARNING: {unknown} of {len(table)} images name no patient: images of one patient may end up in training "
            "and in test, and results will be too optimistic; name the patients (csv: `patient_column`) if known"
        )
    provenance["unknown"] = unknown
    provenance["studies_known"] = int(studies.notna().sum())
    return Links(patients, studies, [patients, studies, *keys], [*notes, *study_notes], provenance)


def count_straddling(split: np.ndarray, links: Links, survey: Survey, images: pd.Series) -> dict[str, int]:
    """Count patients, studies and copies with images in more than one split, for the provenance."""
    placed = pd.Series(split, index=images.index).replace("", np.nan)
    copies = survey.link_keys(images)
    counts = {
        "patients_in_several_splits": _straddling(placed, links.patients),
        "studies_in_several_splits": _straddling(placed, links.studies),
        "copies_in_several_splits": sum(_straddling(placed, key) for key in copies),
    }
    return {key: count for key, count in counts.items() if count}


def _straddling(split: pd.Series, keys: pd.Series) -> int:
    return int((split.groupby(keys).nunique() > 1).sum())
