"""MIMIC-CXR-JPG (Johnson et al. 2019): chest radiographs of Boston, with the labels of the CheXpert labeller per study.

Three tables belong together: labels by subject and study (`mimic-cxr-2.0.0-chexpert.csv.gz`), and, by DICOM id, the
official split (`...-split.csv.gz`) and the view (`...-metadata.csv.gz`). Images lie in
`files/p10/p10000032/s50414267/DICOM_ID.jpg`. Sex and age are in another database (MIMIC-IV) and are not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.labels import split_name
from radiobundle.sources.bad_rows import left_out_by
from radiobundle.sources.chexpert_labels import LABELS, check_options, read_label_columns
from radiobundle.sources.find_table import read_columns
from radiobundle.sources.projections import of_view
from radiobundle.sources.table import SourceTable
from radiobundle.sources.table_file import RawTable

_STUDY = ["subject_id", "study_id"]
_IDS = {"chexpert": _STUDY, "split": ["dicom_id", *_STUDY], "metadata": ["dicom_id", *_STUDY]}
_FACTS = {"chexpert": LABELS, "split": ("split",), "metadata": ("ViewPosition",)}


def read_mimic(dataset_dir: str | Path, *, labels: Sequence[str] = (), view: str = "frontal") -> SourceTable:
    """Join the three tables of MIMIC-CXR-JPG: one row per image.

    Args:
        dataset_dir: folder of the tables and of `files`.
        labels: which of the 14 go into the datalist, in this order; default: the five of CheXpert's competition.
        view: frontal (PA, AP and their variants), lateral, all, PA or AP; the others, and those whose view is not
            given, are left out and counted.

    Raises:
        ValueError: a table, column or value is missing or wrong, or an image is in one table and not in the other.
    """
    chosen = check_options(labels, view)
    folder = Path(dataset_dir)
    raw = {name: _read(folder, name) for name in _IDS}
    for name in ("split", "metadata"):
        raw[name].refuse_repeated(raw[name].rows[["dicom_id"]])
    images = raw["split"].rows.merge(raw["metadata"].rows, on=["dicom_id", *_STUDY], how="outer", indicator=True)
    if (apart := images["_merge"] != "both").any():
        raise ValueError(
            f"{folder}: {apart.sum()} images are in only one of {raw['split'].path.name} and "
            f"{raw['metadata'].path.name}, such as {images['dicom_id'][apart].iloc[0]}; fetch both in the same version"
        )
    labelled = raw["chexpert"].rows[_STUDY].assign(**read_label_columns(raw["chexpert"]))
    raw["chexpert"].refuse_repeated(labelled[_STUDY])
    joined = images.drop(columns="_merge").merge(labelled, on=_STUDY, how="left", indicator=True)
    patient, study = "p" + joined["subject_id"], "s" + joined["study_id"]
    views = joined["ViewPosition"].str.upper()
    table = pd.DataFrame(
        {
            "image": "files/" + patient.str[:3] + "/" + patient + "/" + study + "/" + joined["dicom_id"] + ".jpg",
            "patient_id": patient,
            "study_id": study,
            "view": views.where(views.ne("")),
            **dict.fromkeys(("age", "sex"), np.nan),
            "split": joined["split"].map(split_name),
            **{label: joined[label] for label in LABELS},
        }
    )
    wanted = of_view(table["view"], _is_frontal(views), view)
    stays, left_out = left_out_by(
        {"no labels of its study": joined["_merge"] != "both", f"another view than {view}, or none given": ~wanted},
        table["image"],
    )
    return SourceTable(
        source="mimic",
        table=table[stays].reset_index(drop=True),
        labels=LABELS,
        taught=chosen,
        source_files=tuple(found.path for found in raw.values()),
        notes=tuple(f"{found.path.name}: {len(found.rows)} rows" for found in raw.values()),
        left_out=left_out,
    )


def _read(folder: Path, name: str) -> RawTable:
    found = sorted(path for path in folder.glob(f"mimic-cxr-*-{name}.csv*") if path.is_file())
    if len(found) != 1:
        there = ", ".join(path.name for path in found) or "none"
        raise ValueError(f"{folder}: expected one table mimic-cxr-2.0.0-{name}.csv.gz, found {there}")
    return read_columns(found[0], (*_IDS[name], *_FACTS[name]), what="a table of MIMIC-CXR-JPG", filled=_IDS[name])


def _is_frontal(views: pd.Series) -> pd.Series:
    """Return True for PA, AP and variants such as AP AXIAL, False for lateral views, NaN for what says neither."""
    frontal = views.str.match(r"(?:PA|AP)\b")
    lateral = views.str.contains(r"\bLATERAL\b") | views.isin(["LL", "RL"])
    return pd.Series(np.select([frontal, lateral], [1.0, 0.0], np.nan), index=views.index)
