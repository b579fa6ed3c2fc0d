"""Find what is wrong with a datalist and its images."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.datalists.datalist_file import Datalist, datalist_checksum, read_datalist
from radiobundle.datalists.people import People, find_people
from radiobundle.datalists.survey import Survey, existing_images, survey_images
from radiobundle.images.folders import Folders
from radiobundle.labels import IGNORED, hard_labels
from radiobundle.sources.identifiers import id_key


@dataclass(frozen=True)
class DuplicateGroup:
    """Files that show the same image, their splits, and whether their labels contradict each other."""

    images: list[str]
    splits: list[str]
    conflicting_labels: bool

    @property
    def leaks(self) -> bool:
        """Whether copies are in different splits."""
        return len(self.splits) > 1


@dataclass(frozen=True)
class SplitSummary:
    """Sizes of one split; `co_occurrence[i][j]` is the number of images on which labels i and j are both 1."""

    images: int
    patients: int | None
    positives: dict[str, int]
    ignored: dict[str, int]
    co_occurrence: list[list[int]]


@dataclass(frozen=True)
class Compared:
    """What the audit was able to check.

    Args:
        images, read, unreadable, missing: numbers of images in the list, by the state of their files.
        constant: images of a single grey level, compared by their bytes only.
        capped: images with so many similar images that only the most similar were examined closely.
        pairs_across_splits: pairs of readable images in different splits; all were compared, except the remaining
            images similar to those `capped`.
        patients_known: images whose patient is known, by the list or by `path_rule`, and plausible.
        path_rule: how patients were found in paths, if the list does not name all; None: they were not.
        studies_known: images whose study is known.
    """

    images: int
    read: int
    unreadable: int
    missing: int
    constant: int
    capped: int
    pairs_across_splits: int
    patients_known: int
    path_rule: str | None
    studies_known: int


@dataclass(frozen=True)
class AuditReport:
    """All findings. `leakage` and `unchecked` decide the exit status; the rest is information."""

    labels: list[str]
    splits: dict[str, SplitSummary]
    checksum_matches: bool | None  # None: the datalist records none
    compared: Compared
    unchecked: list[str]  # why leakage may exist without being found
    patients_across_splits: dict[str, dict[str, list[str]]]  # patient -> split -> images
    studies_across_splits: dict[str, dict[str, list[str]]]
    byte_identical: list[DuplicateGroup]
    near_identical: list[DuplicateGroup]
    changes: list[tuple[str, str, str]]  # first, second, the change from the first to the second
    missing: list[str]
    unreadable: dict[str, str]
    odd_mode: dict[str, str]
    odd_size_px: dict[str, tuple[int, int]]
    common_mode: str | None
    common_size_px: tuple[int, int] | None
    notes: list[str]

    @property
    def leakage(self) -> bool:
        """Whether a patient, a study or an image is in more than one split."""
        groups = [*self.byte_identical, *self.near_identical]
        people = bool(self.patients_across_splits or self.studies_across_splits)
        return people or any(group.leaks for group in groups)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        return {"leakage": self.leakage, **asdict(self)}


def audit_files(datalist_path: Path, dataset_dir: Folders, *, without_patients: bool = False) -> AuditReport:
    """Audit a datalist and all its images.

    Args:
        datalist_path: path of the datalist.
        dataset_dir: folder that its image names are relative to, or one for each set of a merged list.
        without_patients: see `audit_datalist`.

    Raises:
        ValueError: the datalist or the folder cannot be read.
    """
    datalist = read_datalist(datalist_path)
    if not dataset_dir.is_dir():
        raise ValueError(f"{dataset_dir}: no such folder; give the folder that image names are relative to")
    names = list(dict.fromkeys(item["image"] for item in datalist.items))
    present = existing_images(dataset_dir, pd.Series(names, dtype=object))
    survey = survey_images(dataset_dir, [name for name, there in zip(names, present, strict=True) if there])
    missing = [name for name, there in zip(names, present, strict=True) if not there]
    return audit_datalist(datalist, survey, missing=missing, without_patients=without_patients)


def audit_datalist(
    datalist: Datalist, survey: Survey, *, missing: list[str], without_patients: bool = False
) -> AuditReport:
    """Audit a datalist, given the findings on its image files.

    Args:
        datalist: the list.
        survey: findings on the existing files.
        missing: images of the list whose file is missing.
        without_patients: accept that the patients are unknown, and check the images alone.
    """
    split_of = {item["image"]: split for split, items in datalist.splits.items() for item in items}
    label_of = {item["image"]: tuple(item["label"]) for item in datalist.items}

    def described(groups: list[list[str]]) -> list[DuplicateGroup]:
        return [
            DuplicateGroup(
                images=group,
                splits=sorted({split_of[image] for image in group}),
                conflicting_labels=len({label_of[image] for image in group}) > 1,
            )
            for group in groups
        ]

    recorded = datalist.provenance.get("sha256")
    common_mode, odd_mode = _odd_ones_out(survey.mode)
    common_size, odd_size = _odd_ones_out(survey.size_px)
    people = find_people(datalist)
    compared = _compared(datalist, survey, people, missing)
    return AuditReport(
        labels=list(datalist.labels),
        splits={split: _summary(items, datalist.labels) for split, items in datalist.splits.items()},
        checksum_matches=None if recorded is None else recorded == datalist_checksum(datalist),
        compared=compared,
        unchecked=_unchecked(compared, without_patients=without_patients),
        patients_across_splits=people.patients_across_splits(),
        studies_across_splits=people.studies_across_splits(),
        byte_identical=described(survey.byte_identical),
        near_identical=described(survey.near_identical),
        changes=survey.changes,
        missing=missing,
        unreadable=survey.broken,
        odd_mode=odd_mode,
        odd_size_px=odd_size,
        common_mode=common_mode,
        common_size_px=common_size,
        notes=people.notes,
    )


def _summary(items: list[dict[str, Any]], labels: tuple[str, ...]) -> SplitSummary:
    values = hard_labels([item["label"] for item in items]).reshape(len(items), len(labels)).astype(np.int64)
    positive = (values == 1).astype(np.int64)
    patients = {key for item in items if (key := id_key(item.get("patient_id"))) is not None}
    return SplitSummary(
        images=len(items),
        patients=len(patients) or None,
        positives=dict(zip(labels, positive.sum(axis=0).tolist(), strict=True)),
        ignored=dict(zip(labels, (values == IGNORED).sum(axis=0).tolist(), strict=True)),
        co_occurrence=(positive.T @ positive).tolist(),
    )


def _compared(datalist: Datalist, survey: Survey, people: People, missing: list[str]) -> Compared:
    read = [sum(item["image"] in survey.sha256 for item in items) for items in datalist.splits.values()]
    return Compared(
        images=len(people.table),
        read=len(survey.sha256),
        unreadable=len(survey.broken),
        missing=len(missing),
        constant=len(survey.constant),
        capped=survey.capped,
        pairs_across_splits=(sum(read) ** 2 - sum(count**2 for count in read)) // 2,
        patients_known=people.patients_known,
        path_rule=people.path_rule,
        studies_known=people.studies_known,
    )


def _unchecked(compared: Compared, *, without_patients: bool) -> list[str]:
    reasons = []
    if away := compared.missing + compared.unreadable:
        reasons.append(f"{away} of {compared.images} images could not be read")
    if not compared.pairs_across_splits:
        reasons.append("no image was compared with an image of another split")
    if compared.capped:
        reasons.append(f"{compared.capped} images have more similar images than were examined closely")
    if not without_patients and (unknown := compared.images - compared.patients_known):
        reasons.append(f"the patients of {unknown} of {compared.images} images are unknown")
    return reasons


def _odd_ones_out(values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the most frequent value, and the images that have another."""
    if not values:
        return None, {}
    common = Counter(values.values()).most_common(1)[0][0]
    return common, {image: value for image, value in values.items() if value != common}
