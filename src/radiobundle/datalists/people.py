"""The patients of a datalist's images: by its own ids, whatever their spelling, and by ids in the paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiobundle.datalists.datalist_file import Datalist
from radiobundle.sources.crowded_patients import crowded_note, crowded_patient
from radiobundle.sources.identifiers import clean_ids
from radiobundle.sources.path_patients import patients_in_paths
from radiobundle.sources.studies import study_keys


@dataclass(frozen=True)
class People:
    """Patients and studies of a datalist.

    Args:
        table: one row per item with `image`, `split`, `patient` and `study` (NaN: unknown), and `in_path`, the patient
            by the path where the list does not name all patients.
        path_rule: the rule that found them; None: none did, or the list names all.
        crowded: an id with too many images to be one patient, see `crowded_patient`; None: there is none.
        notes: what is odd about the ids.
    """

    table: pd.DataFrame
    path_rule: str | None
    crowded: str | None
    notes: list[str]

    @property
    def patients_known(self) -> int:
        """Images whose patient is known, by the list or the path, and plausible."""
        by_list = self.table["patient"].notna()
        if self.crowded is not None:
            by_list &= self.table["patient"].ne(self.crowded)
        return int((by_list | self.table["in_path"].notna()).sum())

    @property
    def studies_known(self) -> int:
        """Images whose study is known."""
        return int(self.table["study"].notna().sum())

    def patients_across_splits(self) -> dict[str, dict[str, list[str]]]:
        """Return patient -> split -> images of those in more than one split."""
        by_path = _across(self.table, "in_path")
        return {
            **{f"{name} (by the path)": splits for name, splits in by_path.items()},
            **_across(self.table, "patient"),
        }

    def studies_across_splits(self) -> dict[str, dict[str, list[str]]]:
        """Return study -> split -> images of those in more than one split."""
        return {name.replace("\x1f", " / "): splits for name, splits in _across(self.table, "study").items()}


def find_people(datalist: Datalist) -> People:
    """Read the ids of every item; spellings of one id are one id, and words such as `unknown` are not ids."""
    rows = [
        (item["image"], split, item.get("patient_id"), item.get("study_id"))
        for split, items in datalist.splits.items()
        for item in items
    ]
    table = pd.DataFrame(rows, columns=["image", "split", "patient", "study"], dtype=object)
    notes = []
    for column in ("patient", "study"):
        table[column], told = clean_ids(table[column], column)
        notes += told
    crowded = crowded_patient(table["patient"])
    if crowded is not None:
        notes.append(crowded_note(crowded, table["patient"]))
    found = patients_in_paths(table["image"].astype(str)) if table["patient"].isna().any() else None
    table["in_path"] = np.nan if found is None else clean_ids(found.ids, "patient")[0]
    table["study"], told = study_keys(table["patient"].fillna(table["in_path"]), table["study"])
    return People(table, found.rule if found else None, crowded, [*notes, *told])


def _across(table: pd.DataFrame, column: str) -> dict[str, dict[str, list[str]]]:
    several = table.groupby(column)["split"].nunique()
    rows = table[table[column].isin(several[several > 1].index)]
    found: dict[str, dict[str, list[str]]] = {}
    for name, split, image in zip(rows[column], rows["split"], rows["image"], strict=True):
        found.setdefault(str(name), {}).setdefault(split, []).append(image)
    return found
