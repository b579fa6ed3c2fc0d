"""What is wrong with a datalist and its images. Pure: the findings on files are handed in."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from radiobundle.datalists.datalist_file import Datalist, datalist_checksum
from radiobundle.datalists.survey import Survey


@dataclass(frozen=True)
class DuplicateGroup:
    """Files that hold the same film, the splits they are in, and whether their labels contradict each other."""

    images: list[str]
    splits: list[str]
    conflicting_labels: bool

    @property
    def leaks(self) -> bool:
        """Whether copies sit in different splits."""
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
class AuditReport:
    """All findings. `leakage` decides the exit status; the rest is for the reader to judge."""

    labels: list[str]
    splits: dict[str, SplitSummary]
    checksum_matches: bool | None  # None: the datalist records none
    patients_across_splits: dict[str, dict[str, list[str]]]  # patient -> split -> images
    byte_identical: list[DuplicateGroup]
    near_identical: list[DuplicateGroup]
    missing: list[str]
    unreadable: dict[str, str]
    odd_mode: dict[str, str]
    odd_size_px: dict[str, tuple[int, int]]
    common_mode: str | None
    common_size_px: tuple[int, int] | None

    @property
    def leakage(self) -> bool:
        """Whether a patient or a film is in more than one split."""
        groups = [*self.byte_identical, *self.near_identical]
        return bool(self.patients_across_splits) or any(group.leaks for group in groups)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        return {"leakage": self.leakage, **asdict(self)}


def audit_datalist(datalist: Datalist, survey: Survey, *, missing: list[str]) -> AuditReport:
    """Judge a datalist from what was found in its image files.

    Args:
        datalist: the list.
        survey: findings on the files that are there.
        missing: images of the list whose file is not there.
    """
    split_of = {item["image"]: split for split, items in datalist.splits.items() for item in items}
    label_of = {item["image"]: tuple(item["label"]) for items in datalist.splits.values() for item in items}

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
    return AuditReport(
        labels=list(datalist.labels),
        splits={split: _summary(items, datalist.labels) for split, items in datalist.splits.items()},
        checksum_matches=None if recorded is None else recorded == datalist_checksum(datalist),
        patients_across_splits=_patients_across_splits(datalist),
        byte_identical=described(survey.byte_identical),
        near_identical=described(survey.near_identical),
        missing=missing,
        unreadable=survey.broken,
        odd_mode=odd_mode,
        odd_size_px=odd_size,
        common_mode=common_mode,
        common_size_px=common_size,
    )


def _summary(items: list[dict[str, Any]], labels: tuple[str, ...]) -> SplitSummary:
    values = np.array([item["label"] for item in items], dtype=np.int64).reshape(len(items), len(labels))
    positive = (values == 1).astype(np.int64)
    patients = {item["patient_id"] for item in items if "patient_id" in item}
    return SplitSummary(
        images=len(items),
        patients=len(patients) or None,
        positives=dict(zip(labels, positive.sum(axis=0).tolist(), strict=True)),
        ignored=dict(zip(labels, (values == -1).sum(axis=0).tolist(), strict=True)),
        co_occurrence=(positive.T @ positive).tolist(),
    )


def _patients_across_splits(datalist: Datalist) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for split, items in datalist.splits.items():
        for item in items:
            if "patient_id" in item:
                found.setdefault(str(item["patient_id"]), {}).setdefault(split, []).append(item["image"])
    return {patient: splits for patient, splits in found.items() if len(splits) > 1}


def _odd_ones_out(values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the most frequent value, and the images that have another."""
    if not values:
        return None, {}
    common = Counter(values.values()).most_common(1)[0][0]
    return common, {image: value for image, value in values.items() if value != common}
