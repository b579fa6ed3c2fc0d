"""Pixels that a packed store already holds, found without the image files."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from radiobundle.images.store import ImageStore


class KeptPixels:
    """What a store holds, by the path of the file that it was decoded from.

    Nothing is decoded or written, and a file that is gone or has changed since is found as it was.

    Args:
        store: any; one without a folder holds nothing.
    """

    def __init__(self, store: ImageStore) -> None:
        self._store = store
        self._where = _read_index(store.folder / "index.sqlite")
        self._folders: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._where)

    def find(self, path: str | Path) -> np.ndarray | None:
        """Return the pixels of a file, uint8 (channels, height, width); None if the store does not hold them."""
        folder, name = os.path.split(str(path))
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        pack, row = self._where.get(f"{self._folders[folder]}/{name}", ("", -1))
        try:
            pixels = self._store.pack(pack) if pack else None
        except (OSError, ValueError):  # the pack is gone or damaged
            return None
        return np.array(pixels[row]) if pixels is not None and row < len(pixels) else None


def _read_index(index: Path) -> dict[str, tuple[str, int]]:
    if not index.is_file():
        return {}
    query = "SELECT path, pack, row FROM source JOIN pixels ON source.sha256 = pixels.sha256"
    try:
        with closing(sqlite3.connect(f"file:{index.as_posix()}?mode=ro", uri=True)) as connection:
            return {path: (pack, row) for path, pack, row in connection.execute(query)}
    except sqlite3.DatabaseError:  # a damaged index holds nothing
        return {}
