"""Studies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiobundle.sources.studies import study_keys


def test_study_numbered_per_patient_is_read_with_the_patient() -> None:
    patients = pd.Series(["1", "1", "2", "2", np.nan], dtype=object)
    keys, notes = study_keys(patients, pd.Series(["1", "2", "1", "2", "1"], dtype=object))
    assert keys.nunique() == 4 and keys.isna().tolist() == [False] * 4 + [True]
    assert "start again for each patient" in notes[0]
    keys, _ = study_keys(patients, pd.Series(["s1", "s2", "s3", "s4", "s4"], dtype=object))
    assert keys.tolist() == ["s1", "s2", "s3", "s4", "s4"]
