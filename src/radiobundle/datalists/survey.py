"""What the image files of a source say: which are missing, which are broken, which are the same film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.datalists.duplicates import identical_groups, near_identical_pairs, pair_groups

DUPLICATE_CHOICES = ("bytes,near", "bytes", "none")


@dataclass(frozen=True)
class Survey:
    """Findings on image files, by image name.

    Args:
        sha256: checksum of each file that was read.
        broken: reason for each file that is no image.
        byte_identical: groups of files with the same bytes.
        near_identical: groups of files that look the same (see `duplicates.py`) and are not just byte-identical.
    """

    sha256: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    byte_identical: list[list[str]] = field(default_factory=list)
    near_identical: list[list[str]] = field(default_factory=list)
    mode: dict[str, str] = field(default_factory=dict)
    size_px: dict[str, tuple[int, int]] = field(default_factory=dict)

    def link_keys(self, images: pd.Series) -> list[pd.Series]:
        """Return per kind of duplicate the group of each row (NaN: none), to be linked by `linked_groups`."""
        return [
            images.map({name: number for number, group in enumerate(groups) for name in group})
            for groups in (self.byte_identical, self.near_identical)
        ]


def survey_images(dataset_dir: Path, images: Sequence[str], *, duplicates: str = "bytes,near") -> Survey:
    """Read every image and look for duplicates of the kinds asked for; `none` reads nothing."""
    if duplicates not in DUPLICATE_CHOICES:
        raise ValueError(f"--duplicates '{duplicates}' is unknown; use {' or '.join(DUPLICATE_CHOICES)}")
    if duplicates == "none":
        return Survey()
    from radiobundle.datalists.fingerprints import fingerprint_images  # noqa: PLC0415  (imports MONAI: seconds)

    prints, broken = fingerprint_images(dataset_dir, images)
    names = list(prints)
    sha256 = {name: prints[name].sha256 for name in names}
    byte_identical = [[names[row] for row in group] for group in identical_groups(list(sha256.values()))]
    near: list[list[str]] = []
    if duplicates == "bytes,near" and names:
        pairs = near_identical_pairs(
            np.stack([prints[name].hash_bits for name in names]),
            np.stack([prints[name].thumbnail for name in names]),
        )
        groups = [[names[row] for row in group] for group in pair_groups(pairs)]
        near = [group for group in groups if len({sha256[name] for name in group}) > 1]
    return Survey(
        sha256=sha256,
        broken=broken,
        byte_identical=byte_identical,
        near_identical=near,
        mode={name: prints[name].mode for name in names},
        size_px={name: prints[name].size_px for name in names},
    )


def existing_images(dataset_dir: Path, images: pd.Series) -> np.ndarray:
    """Return a bool array (rows,): the file is there. Each folder is listed once, which stays fast for many files."""
    folders: dict[Path, set[str]] = {}
    present = np.zeros(len(images), dtype=bool)
    for row, name in enumerate(images):
        path = dataset_dir / name
        if path.parent not in folders:
            folder = path.parent
            folders[folder] = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
        present[row] = path.name in folders[path.parent]
    return present
