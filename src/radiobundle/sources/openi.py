"""Indiana University chest radiographs (Demner-Fushman et al. 2016, Open-i): 3,955 reports, one for each patient.

Open-i distributes reports as XML (`ecgen-radiology/*.xml`) and 7,470 images as PNG (`NLMCXR_png`) or DICOM. People have
indexed the reports: headings such as `Opacity/lung/upper lobe/right`, of which the part before the first slash, and
the part before the second, are findings here. Views are in the DICOM files; torchxrayvision ships them as a table
(`nlmcxr_dicom_metadata.csv.gz`), which is read if it is in the folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from radiobundle.sources.bad_rows import left_out_by
from radiobundle.sources.find_table import read_columns
from radiobundle.sources.folders import find_distribution, locate_images, stray_notes
from radiobundle.sources.projections import VIEW_CHOICES, of_view, require_views
from radiobundle.sources.table import SourceTable
from radiobundle.sources.vocabulary import label_findings, read_vocabulary
from radiobundle.suggest import check_choice
from radiobundle.words import counted

REPORTS = "ecgen-radiology"
_VIEWS = "*nlmcxr_dicom_metadata.csv*"
_NO_FINDINGS = ("normal", "No Indexing")
_USELESS = "Technical Quality of Image Unsatisfactory"
_FRONTAL = {"PA": True, "AP": True, "LL": False, "RL": False, "LATERAL": False, "LARGE LATERAL": False}


@dataclass(frozen=True)
class _Report:
    number: str
    images: tuple[str, ...]
    headings: tuple[str, ...]


def read_openi(
    dataset_dir: str | Path, *, labels: Sequence[str] = (), view: str = "all", vocabulary: str | Path | None = None
) -> SourceTable:
    """Read the reports, and find the images.

    Args:
        dataset_dir: folder of `ecgen-radiology` and of the images.
        labels: that are wanted, in this order; default: all of the vocabulary.
        view: all, frontal, lateral, PA or AP; needs the table of views.
        vocabulary: see `read_vocabulary`.

    Returns:
        one row per image; a report's findings are those of all its images. Reports that were not indexed, or call the
        images unsatisfactory, are left out and counted.

    Raises:
        ValueError: a file is missing or no report, or a label is unknown.
    """
    check_choice("view", view, VIEW_CHOICES)
    names = read_vocabulary("openi", vocabulary)
    folder = find_distribution(Path(dataset_dir), lambda place: (place / REPORTS).is_dir(), REPORTS)
    reports = [_read_report(path) for path in sorted((folder / REPORTS).glob("*.xml"))]
    if not reports:
        raise ValueError(f"{folder / REPORTS}: holds no report (*.xml); fetch it again")
    rows = pd.DataFrame(
        [(image, report.number, report.headings) for report in reports for image in report.images],
        columns=["name", "report", "headings"],
    )
    where, place_notes = locate_images(folder, ("NLMCXR_png", "images*", "NLMCXR_dcm"), (".png", ".dcm", ".jpg"))
    paths = {Path(name).stem: path for name, path in where.items()}
    views = _read_views(folder, rows["name"])
    require_views(views, view, f"{_VIEWS} (torchxrayvision ships it)")
    prefix = "" if folder == Path(dataset_dir) else f"{folder.name}/"
    images = prefix + rows["name"].map(lambda name: paths.get(name, f"NLMCXR_png/{name}.png"))
    stays, left_out = left_out_by(
        {
            "not indexed": rows["headings"].map(lambda found: "No Indexing" in found or not found),
            "called unsatisfactory": rows["headings"].map(lambda found: _USELESS in found),
            f"another view than {view}, or none given": ~of_view(views, views.map(_FRONTAL), view),
        },
        images,
    )
    found = label_findings(rows["headings"][stays], vocabulary=names, labels=labels, passed_over=_NO_FINDINGS)
    table = pd.DataFrame(
        {
            "image": images,
            "patient_id": rows["report"],
            "study_id": rows["report"],
            "view": views,
            **dict.fromkeys(("age", "sex"), np.nan),
        }
    )[stays].assign(**found.columns)
    without = sum(not report.images for report in reports)
    return SourceTable(
        source="openi",
        table=table.reset_index(drop=True),
        labels=found.labels,
        source_files=(folder / REPORTS,),
        notes=(
            f"{counted(len(reports), 'report')}, of which {without:,} name no image",
            *place_notes,
            *stray_notes(paths, rows["name"]),
            *found.notes,
        ),
        left_out=left_out,
    )


def _read_report(path: Path) -> _Report:
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise ValueError(f"{path}: is no readable XML ({error}); fetch it again") from error
    number = root.find("uId")
    if number is None:
        raise ValueError(f"{path}: is no report of the Indiana collection, because it has no uId")
    images = [str(image.get("id")) for image in root.iter("parentImage") if image.get("id")]
    headings = [" ".join((major.text or "").split()) for major in root.iter("major")]
    return _Report(str(number.get("id")), tuple(images), tuple(name for text in headings for name in _names(text)))


def _names(heading: str) -> list[str]:
    """Return the findings in a heading, such as Opacity and Opacity/lung; only its first part names one by itself."""
    parts = [part.strip() for part in heading.split("/")]
    return [part for part in (parts[0], "/".join(parts[:2]) if len(parts) > 1 else "") if part]


def _read_views(folder: Path, names: pd.Series) -> pd.Series:
    """Return the view of each image, NaN where no table says it."""
    tables = sorted(folder.glob(_VIEWS))
    if not tables:
        return pd.Series(np.nan, index=names.index, dtype=object)
    raw = read_columns(tables[0], ("imageid", "View Position"), what="a table of DICOM headers")
    cells = raw.rows.drop_duplicates("imageid").set_index("imageid")["View Position"]
    found: pd.Series = names.map(cells)
    return found.where(found.ne(""))
