"""One pack of the image store: an array on disk that threads fill row by row and that appears only when complete."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import BinaryIO

import numpy as np


class PackWriter:
    """Write images of one shape into `path`, a `.npy` file (rows, channels, height, width) uint8.

    The disk space of all rows is taken when the first one comes: a full disk is an error then, not a bus error
    half-way. Until `finish` the file has a temporary name.

    Args:
        path: of the finished pack.
        capacity: the most rows that will come.
    """

    def __init__(self, path: Path, capacity: int) -> None:
        self.path, self.capacity = path, capacity
        self.temporary = path.with_name(f"tmp-{path.name}")
        self.count = 0
        self._lock = threading.Lock()
        self._file: np.memmap | None = None
        self._rows = np.empty(0)

    def add(self, pixels: np.ndarray) -> int:
        """Write one image (channels, height, width) and return its row; may be called from several threads."""
        with self._lock:
            if self._file is None:
                self._open(pixels.shape)
            row = self.count
            self.count += 1
        self._rows[row] = pixels
        return row

    def finish(self) -> None:
        """Put the pack in its place, cut to the rows that were written; no file at all if there are none."""
        if self._file is None:
            return
        self._file.flush()
        shape, offset = (self.count, *self._file.shape[1:]), self._file.offset
        self._file, self._rows = None, np.empty(0)
        if self.count < self.capacity:
            with self.temporary.open("r+b") as file:
                # NumPy pads the header so that the number of rows can change in place.
                np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
                assert file.tell() == offset, "the header changed its length"
                file.truncate(offset + int(np.prod(shape)))
                os.fsync(file.fileno())
        self.temporary.rename(self.path)

    def discard(self) -> None:
        """Remove what was written."""
        self.temporary.unlink(missing_ok=True)

    def _open(self, shape: tuple[int, ...]) -> None:
        whole = (self.capacity, *shape)
        with self.temporary.open("wb") as file:
            _reserve(file, int(np.prod(whole)))
        self._file = np.lib.format.open_memmap(self.temporary, mode="w+", dtype=np.uint8, shape=whole)
        self._rows = np.asarray(self._file)  # a memmap's own indexing is slow


def _reserve(file: BinaryIO, n_bytes: int) -> None:
    """Make a file `n_bytes` long; a full disk shows here, not when a page of the map is written."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, n_bytes)
        return
    block = bytes(2**20)  # not on macOS and Windows: zeros are written
    for start in range(0, n_bytes, len(block)):
        file.write(block[: n_bytes - start])
