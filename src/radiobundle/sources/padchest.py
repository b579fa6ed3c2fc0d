"""PadChest (Bustos et al. 2020): 160,861 chest radiographs of 67,000 patients of Alicante, findings read from reports.

The hospital distributes `PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv` and 16-bit PNGs in folders named by the
column `ImageDir`. `Labels` and `Localizations` hold lists as Python writes them. 27 % of the reports were labelled by
physicians, the others by a recurrent network that had learned from them (column `MethodLabel`, kept as `labelled_by`).
The table holds 174 findings, of which a vocabulary names those that other sets have too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.sources.bad_rows import left_out_by
from radiobundle.sources.chexpert_labels import read_sexes
from radiobundle.sources.find_table import find_table, read_columns
from radiobundle.sources.folders import locate_images, stray_notes
from radiobundle.sources.identifiers import clean_ids
from radiobundle.sources.label_values import split_names
from radiobundle.sources.projections import VIEW_CHOICES, of_view
from radiobundle.sources.table import SourceTable
from radiobundle.sources.vocabulary import label_findings, read_vocabulary
from radiobundle.suggest import check_choice

TABLE = "PADCHEST_chest_x_ray_images_labels_*.csv"
_COLUMNS = (
    "ImageID", "ImageDir", "StudyDate_DICOM", "StudyID", "PatientID", "PatientBirth", "PatientSex_DICOM", "Projection",
    "MethodLabel", "Labels", "Localizations",
)  # fmt: skip
_WHAT = "the table of PadChest"
_FRONTAL = {"PA": True, "AP": True, "AP_horizontal": True, "L": False}
_VIEWS = {"PA": "PA", "AP": "AP", "AP_horizontal": "AP supine", "L": "lateral", "COSTAL": "ribs"}
_NO_FINDINGS = ("normal", "unchanged", "exclude", "suboptimal study")


def read_padchest(
    dataset_dir: str | Path,
    *,
    csv: str | Path | None = None,
    labels: Sequence[str] = (),
    view: str = "frontal",
    vocabulary: str | Path | None = None,
) -> SourceTable:
    """Read the table, and find the images.

    Args:
        dataset_dir: folder of the table and of the folders of images.
        csv: the table, if it lies elsewhere.
        labels: that are wanted, in this order; default: all of the vocabulary.
        view: frontal (PA, AP, supine), lateral, all, PA or AP; others are left out and counted.
        vocabulary: see `read_vocabulary`.

    Returns:
        one row per image; `labelled_by` (Physician or RNN_model) and `localisations` are kept. Images without labels,
        with nothing but `unchanged`, and those that the authors call to be excluded or suboptimal, are left out and
        counted.

    Raises:
        ValueError: a file, column or label is wrong.
    """
    check_choice("view", view, VIEW_CHOICES)
    names = read_vocabulary("padchest", vocabulary)
    folder = Path(dataset_dir)
    raw = read_columns(find_table(folder, [TABLE], csv=csv, what=_WHAT), _COLUMNS, what=_WHAT, filled=["ImageID"])
    raw.refuse_repeated(raw.rows[["ImageID"]])
    rows = raw.rows
    lists = rows["Labels"].map({text: split_names(text, None) for text in rows["Labels"].unique()})
    where, place_notes = locate_images(folder, ("[0-9]*", "images*"), (".png",))
    patients, patient_notes = clean_ids(rows["PatientID"], "patient")
    sexes, sex_notes = read_sexes(rows["PatientSex_DICOM"], rows.index)
    images = pd.Series(
        [where.get(name, f"{part}/{name}") for name, part in zip(rows["ImageID"], rows["ImageDir"], strict=True)],
        index=rows.index,
    )
    stays, left_out = left_out_by(
        {
            "no labels": lists.isna() | lists.str.len().eq(0),
            "called to be excluded, or suboptimal": lists.map(_is_useless),
            "no findings but unchanged": lists.map(lambda found: found == ["unchanged"]),
            f"another view than {view}, or none given": ~of_view(
                rows["Projection"].map(_VIEWS), rows["Projection"].map(_FRONTAL), view
            ),
        },
        images,
    )
    found = label_findings(lists[stays], vocabulary=names, labels=labels, passed_over=_NO_FINDINGS)
    table = pd.DataFrame(
        {
            "image": images,
            "patient_id": patients,
            "study_id": rows["StudyID"],
            "view": rows["Projection"].map(_VIEWS),
            "age": _ages(rows),
            "sex": sexes,
            "labelled_by": rows["MethodLabel"].replace("", np.nan),
            "localisations": rows["Localizations"].map(_places),
        }
    )[stays].assign(**found.columns)
    return SourceTable(
        source="padchest",
        table=table.reset_index(drop=True),
        labels=found.labels,
        source_files=(raw.path,),
        notes=(
            *raw.notes,
            *patient_notes,
            *sex_notes,
            *place_notes,
            *stray_notes(where, rows["ImageID"]),
            *found.notes,
        ),
        left_out=left_out,
    )


def _is_useless(found: list[str] | None) -> bool:
    return found is not None and not {"exclude", "suboptimal study"}.isdisjoint(found)


def _ages(rows: pd.DataFrame) -> pd.Series:
    """Return ages in whole years: only the year of birth is given."""
    year = pd.to_numeric(rows["StudyDate_DICOM"].str[:4], errors="coerce")
    born = pd.to_numeric(rows["PatientBirth"], errors="coerce")
    return year - born


def _places(text: str) -> object:
    """Return localisations as one text, without the prefix that all of them have."""
    names = split_names(text, None)
    return "; ".join(name.removeprefix("loc ") for name in names) if names else np.nan
