"""From what a user names (files, folders, patterns, lists) to films, one at a time."""

from __future__ import annotations

import csv
import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from radiobundle.images.formats import IMAGE_SUFFIXES, is_dicom


def find_films(inputs: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Yield the name and path of every film, once, in a fixed order, without holding them all.

    A folder is searched to its ends for pictures and DICOM files (also those without a suffix, and those named by their
    UID); a `.csv` lists films in its column `image`, relative to itself; anything else is a file or a pattern such as
    `films/*.png`. The name of a film in a folder or a list is its path there; where several inputs are named, which may
    hold films of the same name, it is its whole path as given.

    Raises:
        ValueError: something named is not there, or holds no film.
    """
    alone = len(inputs) == 1
    may_repeat = not (alone and Path(inputs[0]).is_dir())
    seen: set[str] = set()  # only where films may repeat: a folder alone may have any number
    for given in inputs:
        empty = True
        for short, film in _search(given):
            empty = False
            name = short if alone else str(film)
            if name in seen:
                continue
            yield name, film
            if may_repeat:
                seen.add(name)
        if empty:
            raise ValueError(f"{given}: no films there; give files, folders, patterns, or a CSV with a column 'image'")


def _search(given: str) -> Iterator[tuple[str, Path]]:
    path = Path(given)
    if path.is_dir():
        return _below(path)
    return _listed(path) if path.suffix.lower() == ".csv" else _files(given)


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            path = Path(place) / file
            if file.lower().endswith(IMAGE_SUFFIXES) or _is_unnamed_dicom(path):
                yield path.relative_to(folder).as_posix(), path


def _is_unnamed_dicom(path: Path) -> bool:
    """Whether a file without a suffix, or with the end of a UID for one, is DICOM (and not the index of a medium)."""
    return not path.suffix.strip(".0123456789") and path.name.upper() != "DICOMDIR" and is_dicom(path)


def _listed(table: Path) -> Iterator[tuple[str, Path]]:
    if not table.is_file():
        raise ValueError(f"{table}: no such file")
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if "image" not in (rows.fieldnames or ()):
            raise ValueError(f"{table}: needs a column 'image'; it has {', '.join(rows.fieldnames or ()) or 'none'}")
        for row in rows:
            yield row["image"], table.parent / row["image"]


def _files(pattern: str) -> Iterator[tuple[str, Path]]:
    if Path(pattern).is_file():
        yield pattern, Path(pattern)
        return
    for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - Path.glob takes no absolute pattern
        if Path(name).is_file():
            yield name, Path(name)
