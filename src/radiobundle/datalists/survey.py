"""Findings on the image files of a source: which are missing, broken, or copies of each other."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.datalists.duplicates import identical_groups, look_alikes, pair_groups
from radiobundle.datalists.options import DUPLICATE_CHOICES
from radiobundle.images.folders import Folders
from radiobundle.images.grayscale import read_grayscale
from radiobundle.suggest import check_choice


@dataclass(frozen=True)
class Survey:
    """Findings on image files, by image name.

    Args:
        sha256: checksum of each file that was read.
        broken: reason for each file that is not an image.
        byte_identical: groups of files with the same bytes.
        near_identical: groups of files that show the same image (see `duplicates.py`) and are not just byte-identical.
        changes: the pairs behind `near_identical`: first, second, the change from the first to the second.
        mode, size_px: pixel mode of each file; width and height.
        constant: images of one grey level, which are compared by their bytes only.
        compared: images that were compared visually with all others.
        capped: of these, images with so many similar ones that only the most similar were examined closely.
    """

    sha256: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    byte_identical: list[list[str]] = field(default_factory=list)
    near_identical: list[list[str]] = field(default_factory=list)
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    mode: dict[str, str] = field(default_factory=dict)
    size_px: dict[str, tuple[int, int]] = field(default_factory=dict)
    constant: list[str] = field(default_factory=list)
    compared: int = 0
    capped: int = 0

    def link_keys(self, images: pd.Series) -> list[pd.Series]:
        """Return per kind of duplicate the group of each row (NaN: none), to be linked by `linked_groups`."""
        return [
            images.map({name: index for index, group in enumerate(groups) for name in group})
            for groups in (self.byte_identical, self.near_identical)
        ]

    def summary(self) -> str:
        """Return in one line how many images were read and what was found."""
        text = f"images: {len(self.sha256)} read, {len(self.broken)} unreadable; copies: "
        text += f"{len(self.byte_identical)} byte-identical among {len(self.sha256)} files"
        if self.compared or self.near_identical:
            pairs = self.compared * (self.compared - 1) // 2
            text += f", {len(self.near_identical)} near-identical among {self.compared} images ({pairs} pairs compared)"
        if self.constant:
            text += f"; {len(self.constant)} of one grey level, compared by bytes only ({self.constant[0]})"
        if self.capped:
            text += f"; {self.capped} have more similar images than were examined closely"
        return text


def survey_images(dataset_dir: Folders, images: Sequence[str], *, duplicates: str = "bytes,near") -> Survey:
    """Read every image and look for the requested kinds of duplicates; `none` reads nothing."""
    check_choice("duplicates", duplicates, DUPLICATE_CHOICES)
    if duplicates == "none":
        return Survey()
    from radiobundle.datalists.fingerprints import fingerprint_images  # noqa: PLC0415  (imports MONAI: seconds)

    near = duplicates == "bytes,near"
    prints, broken = fingerprint_images(dataset_dir, images, looks=near)
    names = list(prints)
    sha256 = {name: prints[name].sha256 for name in names}
    identical = [[names[row] for row in group] for group in identical_groups(list(sha256.values()))]
    firsts = list({digest: name for name, digest in reversed(sha256.items())}.values())[::-1]
    shown = [name for name in firsts if prints[name].views]
    views = [prints[name].views for name in shown]
    pairs, capped = look_alikes(views, lambda row: read_grayscale(dataset_dir / shown[row]))
    copies = {group[0]: group for group in identical}
    groups = pair_groups(np.array([pair[:2] for pair in pairs], dtype=np.int64).reshape(-1, 2))
    expanded = [[copy for row in group for copy in copies.get(shown[row], [shown[row]])] for group in groups]
    position = {name: index for index, name in enumerate(names)}
    return Survey(
        sha256=sha256,
        broken=broken,
        byte_identical=identical,
        near_identical=[sorted(group, key=position.__getitem__) for group in expanded],
        changes=[(shown[pair.first], shown[pair.second], pair.change) for pair in pairs],
        mode={name: prints[name].mode for name in names},
        size_px={name: prints[name].size_px for name in names},
        constant=[name for name in names if near and not prints[name].views],
        compared=sum(bool(prints[name].views) for name in names),
        capped=capped,
    )


def existing_images(dataset_dir: Folders, images: pd.Series) -> np.ndarray:
    """Return a bool array (rows,): the file exists, or its folder cannot be listed (reading it will tell).

    Each folder is listed once, which stays fast for many files.
    """
    folders: dict[str, set[str] | None] = {}
    present = np.zeros(len(images), dtype=bool)
    for row, name in enumerate(images):
        parent, _, file = name.rpartition("/")
        if parent not in folders:
            folders[parent] = _names_in(dataset_dir / parent)
        names = folders[parent]
        present[row] = names is None or file in names
    return present


def similar_file(folder: Path, name: str) -> str:
    """Return a hint why an image is not found: the folder does not exist, or a file that differs in case or suffix.

    Args:
        folder: where it should be.
        name: its path below the folder, which may lack a suffix or a subfolder.
    """
    if not folder.is_dir():
        return "; the folder does not exist"
    wanted = {Path(name).name.lower(), Path(name).stem.lower()}
    alike = (path for path in folder.rglob("*") if {path.name.lower(), path.stem.lower()} & wanted)
    found = next(alike, None)
    return "" if found is None else f"; there is {found.relative_to(folder).as_posix()}"


def _names_in(folder: Path) -> set[str] | None:
    """Return the files in a folder: none if it does not exist; None if it may not be listed."""
    try:
        return {entry.name for entry in folder.iterdir()}
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last: a zero byte in its name
        return set()
    except OSError as error:
        return set() if error.errno in (errno.ENAMETOOLONG, errno.ELOOP) else None
