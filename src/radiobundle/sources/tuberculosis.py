"""Tuberculosis sets of Shenzhen and Montgomery County (Jaeger et al. 2014): 662 and 138 frontal radiographs.

The National Library of Medicine distributes PNGs in `CXR_png` and a text for each in `ClinicalReadings`. The label is
in the file's name: `CHNCXR_0001_0.png` (Shenzhen) and `MCUCXR_0001_0.png` (Montgomery) are normal, `..._1.png` show
tuberculosis. Each number is a patient. The text says sex and age (`male 45yrs`; on two lines in Montgomery).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.sources.ages import age_years
from radiobundle.sources.folders import image_names, require_folder
from radiobundle.sources.table import SourceTable
from radiobundle.words import counted

LABEL = "Tuberculosis"
_NAME = re.compile(r"(?P<set>CHNCXR|MCUCXR)_(?P<number>\d+)_(?P<label>[01])")
_SETS = {"CHNCXR": "Shenzhen", "MCUCXR": "Montgomery"}
_SEX = re.compile(r"\b(female|male|f|m)\b", re.IGNORECASE)
_AGE = re.compile(r"\b(\d{1,3})\s*-?\s*(y|yr|yrs|years?|m|months?|days?)?\b", re.IGNORECASE)
_IMAGES, _READINGS = "CXR_png", "ClinicalReadings"


def read_tuberculosis(dataset_dir: str | Path) -> SourceTable:
    """Read names of images, and the readings beside them.

    Args:
        dataset_dir: folder of one of the sets, or of both, in folders of their own.

    Returns:
        one row per image; `site` is the set.

    Raises:
        ValueError: no image of these sets is there.
    """
    root = Path(dataset_dir)
    require_folder(root, f"{_IMAGES}, or the one above it")
    places = [place for place in (root, *sorted(root.glob("*"))) if (place / _IMAGES).is_dir()]
    names = [(place, name) for place in places for name in sorted(image_names(place / _IMAGES, (".png",)))]
    matches = [(place, name, _NAME.fullmatch(Path(name).stem)) for place, name in names]
    rows = [_row(root, place, name, match) for place, name, match in matches if match is not None]
    if not rows:
        raise ValueError(
            f"{root}: holds no {_IMAGES}/CHNCXR_0001_0.png or MCUCXR_0001_0.png, nor does a folder in it; give the "
            "folder of a set, or the one above"
        )
    table = pd.DataFrame(rows)
    strangers = [name for _, name, match in matches if match is None]
    unread = int(table["sex"].isna().sum())
    notes = [f"{counted(len(strangers), 'file')} named otherwise and left alone: {strangers[0]}"] if strangers else []
    notes += [f"{counted(unread, 'image')} without a reading that says the sex"] if unread else []
    return SourceTable(source="tb", table=table, labels=(LABEL,), notes=tuple(notes))


def _row(root: Path, place: Path, name: str, match: re.Match[str]) -> dict[str, object]:
    sex, age = _facts(place / _READINGS / f"{Path(name).stem}.txt")
    return {
        "image": (place / _IMAGES / name).relative_to(root).as_posix(),
        "patient_id": f"{match['set']}_{match['number']}",
        "study_id": np.nan,
        "view": "PA",
        "age": age,
        "sex": sex,
        "site": _SETS[match["set"]],
        LABEL: int(match["label"]),
    }


def _facts(path: Path) -> tuple[object, float]:
    """Return sex and age in years, NaN where the reading does not say them."""
    if not path.is_file():
        return np.nan, np.nan
    text = path.read_text("utf-8", errors="replace")
    sex, age = _SEX.search(text), _AGE.search(text)
    return (sex[1][0].upper() if sex else np.nan), (age_years(f"{age[1]} {age[2] or 'years'}") if age else np.nan)
