"""Files in folders: which are images by name, where they are, and what else is there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path


def image_names(folder: Path, suffixes: Sequence[str]) -> list[str]:
    """Return the names of the images in a folder: files with one of the suffixes, without `._name` files of macOS."""
    with os.scandir(folder) as entries:
        return [
            entry.name
            for entry in entries
            if entry.name.lower().endswith(tuple(suffixes)) and not entry.name.startswith("._") and not entry.is_dir()
        ]


def require_folder(folder: Path, what: str) -> None:
    """Raise ValueError if there is no such folder, or it is a file.

    Args:
        folder: as the user gave it.
        what: should be in it, for the message.
    """
    if not folder.is_dir():
        kind = "is a file" if folder.exists() else "no such folder"
        raise ValueError(f"{folder}: {kind}; give the folder with {what}")


def find_distribution(folder: Path, is_here: Callable[[Path], bool], what: str) -> Path:
    """Return the folder of a distribution, given that folder or the one above it.

    Args:
        folder: as the user gave it.
        is_here: whether a folder is the distribution's.
        what: how it is recognised, for messages.

    Raises:
        ValueError: none is, or several below `folder` are.
    """
    require_folder(folder, f"{what}, or the one above it")
    if is_here(folder):
        return folder
    found = [place for place in sorted(folder.iterdir()) if place.is_dir() and is_here(place)]
    if not found:
        raise ValueError(f"{folder}: no {what} in it or in a folder below it; give the folder that holds them")
    if len(found) > 1:
        raise ValueError(f"{folder}: {found[0].name} and {found[1].name} both hold {what}; give one of them")
    return found[0]


def locate_images(folder: Path, patterns: Sequence[str], suffixes: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return where images are, from file name to path below the folder, and notes.

    Args:
        folder: in which, too, they may be.
        patterns: of folders below it; the first that holds an image wins, the folder itself is last.
        suffixes: of images, in lower case.
    """
    where: dict[str, str] = {}
    again: list[str] = []
    below = (place for pattern in reversed(patterns) for place in sorted(folder.glob(pattern)) if place.is_dir())
    for place in (folder, *below):
        for name in image_names(place, suffixes):
            path = (place / name).relative_to(folder).as_posix()
            if (other := where.get(name)) and not (folder / other).samefile(folder / path):
                again.append(f"{path} is read, not {other}")
            where[name] = path
    if not again:
        return where, []
    return where, [f"WARNING: {len(again)} images are in several folders, whose contents may differ: {again[0]}"]


def stray_notes(where: Mapping[str, str], images: Iterable[str]) -> list[str]:
    """Return a note on images found by `locate_images` that are not in the table."""
    stray = sorted(set(where) - set(images))
    return [f"{len(stray)} images on disk are not in the table (the first: {where[stray[0]]})"] if stray else []


def other_files_notes(root: Path, folders: Iterable[str], images: Iterable[str], what: str) -> tuple[str, ...]:
    """Return a note on how many files below folders, also in linked ones, are not images.

    Args:
        root: that folders and images are relative to.
        folders: to be searched; those that are not there are passed over.
        images: that are known.
        what: "the split folders are no images".
    """
    taken = set(images)
    below = list(files_below(root / folder for folder in folders if (root / folder).is_dir()))
    others = sorted(name for path in below if (name := path.relative_to(root).as_posix()) not in taken)
    if not others:
        return ()
    return (f"{len(others)} of {len(below)} files in {what} and were skipped (the first: {others[0]})",)


def files_below(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield all files below folders, through links too; each folder is searched once, real ones before linked ones.

    A folder that cannot be opened counts as one file.
    """
    real, linked = list(folders), list[Path]()
    seen: set[tuple[int, int]] = set()
    while real or linked:
        folder = (real or linked).pop(0)
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(folder.iterdir())
        except OSError:
            yield folder
            continue
        for path in entries:
            if not path.is_dir():
                yield path
            else:
                (linked if path.is_symlink() else real).append(path)
