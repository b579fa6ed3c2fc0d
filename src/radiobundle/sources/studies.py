"""When equal study ids mean the same study."""

from __future__ import annotations

import numpy as np
import pandas as pd

FEW_IMAGES_PER_STUDY = 20  # more images than this, on average, no study of radiographs has


def study_keys(patients: pd.Series, studies: pd.Series) -> tuple[pd.Series, list[str]]:
    """Return a key per row that is equal for the same study, and notes for the user.

    Some sets number all studies (accession numbers), others start again for each patient (`study1`). Ids are treated as
    numbered per patient where most rows have one that names several patients; the key then holds both, and a row
    without a patient has none. Where only some do, the id joins these patients.

    Args:
        patients: patient ids or keys, NaN where unknown.
        studies: study ids or keys, NaN where unknown.

    Returns:
        series of str, NaN where the study is not known; notes.
    """
    known = studies.notna()
    nothing = pd.Series(np.nan, index=studies.index, dtype=object)
    if not known.any():
        return nothing, []
    frame = pd.DataFrame({"patient": patients, "study": studies})[known]
    per_study = frame.groupby("study")["patient"].nunique()
    several = int((per_study > 1).sum())
    named = frame["patient"].notna()
    shared = frame["study"].map(per_study).gt(1) & named
    if shared.sum() > named.sum() / 2:
        keys = (frame["patient"].astype(str) + "\x1f" + frame["study"].astype(str)).where(named)
        note = (
            f"study ids start again for each patient ({several} name several patients), so they are combined with the "
            "patient"
        )
        return nothing.where(~known, keys.reindex(studies.index)), [note]
    if not named.any() and len(frame) > FEW_IMAGES_PER_STUDY * len(per_study):
        return nothing, [
            f"WARNING: {len(per_study)} study ids name {len(frame)} images and no patient is known: they seem to start "
            "again for each patient and cannot keep images together; name the patients"
        ]
    notes = [f"{several} studies name several patients, which are kept together"] if several else []
    return nothing.where(~known, studies), notes
