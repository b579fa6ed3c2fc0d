"""Files of folders: which of them are images by name, and all that lie below, through links too."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path


def image_names(folder: Path, suffixes: Sequence[str]) -> list[str]:
    """Return the names of the images in a folder: with one of the suffixes, and no folder and no `._name` of macOS."""
    with os.scandir(folder) as entries:
        return [
            entry.name
            for entry in entries
            if entry.name.lower().endswith(tuple(suffixes)) and not entry.name.startswith("._") and not entry.is_dir()
        ]


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
