"""From what a user names (files, folders, patterns, lists) to images, one at a time, and to all that is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from radiobundle.images.formats import format_by_suffix, read_format
from radiobundle.images.lists import COLUMN, read_list
from radiobundle.images.names import table_name
from radiobundle.images.patterns import Pattern

_is_dir, _is_file = os.path.isdir, os.path.isfile  # which take any text, also one that cannot be a path


class FoundImage(NamedTuple):
    """One image that was named or found."""

    name: str
    """In tables: its path in the folder or list; see `search_images`."""
    path: Path
    reason: str = ""
    """Why it cannot be looked for (a row of a list that names no image for certain); empty for a file."""


@dataclass
class Passed:
    """What a search came by and did not take.

    Attributes:
        not_images: files that are not of a supported image format, by content and name.
        not_opened: folders that could not be opened, with the reason.
        searched_before: links to folders that were searched by another name.
        repeated: times that an image was named more than once.
    """

    not_images: list[str] = field(default_factory=list)
    not_opened: list[str] = field(default_factory=list)
    searched_before: list[str] = field(default_factory=list)
    repeated: int = 0

    def summary(self) -> str:
        """Return one line, empty if all was taken."""
        counts = (
            (len(self.not_images), "file is not an image", "files are not images"),
            (len(self.not_opened), "folder cannot be opened", "folders cannot be opened"),
            (len(self.searched_before), "linked folder was searched already", "linked folders were searched already"),
            (self.repeated, "image was named more than once", "images were named more than once"),
        )
        return "; ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count)

    def lines(self) -> list[str]:
        """Return a line for everything that was passed by."""
        return [
            *(f"not an image: {name}" for name in self.not_images),
            *(f"cannot be opened: {name}" for name in self.not_opened),
            *(f"searched already: {name}" for name in self.searched_before),
        ]


def search_images(inputs: Sequence[str], passed: Passed | None = None) -> Iterator[FoundImage]:
    """Yield every image, once, in a fixed order, without holding them all.

    A folder is searched to its ends, through links too (each folder once, real ones before linked ones), for files of
    the formats that are read: by their suffix or, where that is none of an image, by their first bytes. A `.csv` lists
    images in its column `image`, relative to itself; anything else is a file, taken whatever it is, or a pattern such
    as `images/*.png`, by which folders are searched in the same way. The name of an image in a folder or a list is its
    path there; where several inputs are named, which may hold images of the same name, it is its whole path as given.

    Args:
        inputs: as given by the user.
        passed: grows by what is not taken.

    Raises:
        ValueError: something named is not there, or holds no image.
    """
    passed = Passed() if passed is None else passed
    alone = len(inputs) == 1
    may_repeat = not (alone and _is_dir(inputs[0]))
    seen: set[str] = set()  # only where images may repeat: a folder alone may have any number
    for given in inputs:
        empty = True
        for short, path, reason in _search(given, passed):
            empty = False
            name = table_name(short if alone or reason else str(path))
            if name in seen:
                passed.repeated += 1
                continue
            yield FoundImage(name, path, reason)
            if may_repeat:
                seen.add(name)
        if empty:
            said = f" ({passed.summary()})" if passed.summary() else ""
            raise ValueError(
                f"{table_name(given)}: no images found{said}; give files, folders, patterns, "
                f"or a CSV with a column '{COLUMN}'"
            )


def _search(given: str, passed: Passed) -> Iterator[FoundImage]:
    path = Path(given)
    if _is_dir(given):
        return _below(path, passed)
    return _listed(path) if path.suffix.lower() == ".csv" else _files(given, passed)


def _below(folder: Path, passed: Passed, pattern: Pattern | None = None) -> Iterator[FoundImage]:
    """Yield the images below a folder, or those that a pattern means, named by their paths there."""
    start = str(folder)
    prefix = os.path.join(start, "")  # noqa: PTH118 - of strings, for speed
    seen = {_identity(start)}
    waiting = [start]  # links to folders; what is really below the folder comes first

    def leads_on(path: str) -> bool:
        return pattern is None or pattern.leads_into(Path(path[len(prefix) :]).parts)

    while waiting:
        links: list[str] = []
        for file in _walk(waiting.pop(0), seen, links, passed, leads_on):
            name = file.path[len(prefix) :]
            if pattern is not None and not pattern.means(Path(name).parts):
                continue
            if _is_image(file):
                yield FoundImage(name, Path(file.path))
            else:
                passed.not_images.append(table_name(file.path))
        for link in links:
            if (identity := _identity(link)) in seen:
                passed.searched_before.append(table_name(link))
            else:
                seen.add(identity)
                waiting.append(link)


def _walk(
    start: str, seen: set[tuple[int, int]], links: list[str], passed: Passed, leads_on: Callable[[str], bool]
) -> Iterator[os.DirEntry[str]]:
    """Yield the files of a folder, then those of the folders in it, each in order of names; collect linked folders."""
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            passed.not_opened.append(f"{table_name(folder)} ({error.strerror})")
            continue
        folders = []
        for entry in found:
            if not _holds_files(entry):
                yield entry
            elif not leads_on(entry.path):
                continue
            elif entry.is_symlink():
                links.append(entry.path)
            elif (identity := _identity(entry.path)) in seen:  # a folder that is mounted twice
                passed.searched_before.append(table_name(entry.path))
            else:
                seen.add(identity)
                folders.append(entry.path)
        waiting += reversed(folders)


def _holds_files(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _identity(folder: str) -> tuple[int, int]:
    try:
        status = os.stat(folder)  # noqa: PTH116
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino


def _is_image(file: os.DirEntry[str]) -> bool:
    """Whether a file is to be read: by its suffix (if it is then not an image, it is damaged) or its content."""
    try:
        is_file = file.is_file()
    except OSError:  # a link to itself
        return False
    if format_by_suffix(file.name) is not None:
        return is_file or file.is_symlink()  # not a pipe or a device
    return is_file and read_format(file.path) is not None


def _listed(table: Path) -> Iterator[FoundImage]:
    for row in read_list(table):
        if row.reason:
            name = f"{table} line {row.line}"
            yield FoundImage(name, table, f"{name}: {row.reason}")
        else:
            yield FoundImage(row.cell, table.parent / row.cell)


def _files(given: str, passed: Passed) -> Iterator[FoundImage]:
    if _is_file(given):
        yield FoundImage(given, Path(given))
        return
    pattern = Pattern(given)
    if given and _is_dir(pattern.base):
        for found in _below(pattern.base, passed, pattern):
            yield FoundImage(str(found.path), found.path)


def find_images(inputs: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Yield the name and path of every image as `search_images` does.

    Raises:
        ValueError: something named is not there, holds no image, or is a list with a row that names none for certain.
    """
    for name, path, reason in search_images(inputs):
        if reason:
            raise ValueError(f"{reason}; correct the row or remove it")
        yield name, path
