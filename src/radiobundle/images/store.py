"""The packed image store: every image of a data set decoded once, then read as shared memory-mapped pages.

A store folder holds packs (`pack-*.npy`, uint8 arrays (rows, channels, height, width)) and `index.sqlite`, which maps
the SHA-256 of a source file's bytes to a pack and row. A pack is written under a temporary name, renamed when it is
complete, and only then entered into the index in one transaction: a build that is killed leaves nothing that could be
taken for whole. One lock per folder lets two processes build at once; the second finds the work of the first.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import joblib
import numpy as np
from filelock import FileLock, Timeout
from tqdm import tqdm

from radiobundle.images.grayscale import UnreadableImageError

FORMAT = "1"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS source (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, sha256 TEXT);
CREATE TABLE IF NOT EXISTS pixels (sha256 TEXT PRIMARY KEY, pack TEXT, row INTEGER);
"""


class StoreError(OSError):
    """The store folder cannot be used; the message names the folder and the fix."""


class ImageStore:
    """Decoded images of one reader, kept under `directory` in a folder of their own for each set of reader options.

    Args:
        directory: the parent folder; shared by all runs, folds, recipes and processes.
        reader: turns a path into uint8 (channels, height, width); its options are part of the folder's name.
        workers: decoding threads (default: one per available core; Pillow decodes outside Python's lock).
        progress: show a progress bar with the time left while building.
    """

    def __init__(
        self,
        directory: str | Path,
        reader: Callable[[str | Path], np.ndarray],
        *,
        workers: int | None = None,
        progress: bool = True,
    ) -> None:
        self.reader = reader
        self.folder = Path(directory) / f"v{FORMAT}-{joblib.hash(reader)[:16]}"
        self.workers = workers or len(os.sched_getaffinity(0))
        self.progress = progress
        self._packs: dict[str, np.ndarray] = {}

    def locate(self, paths: Sequence[str | Path]) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Make sure that every image is in the store and say where.

        Returns:
            pack names, and for each path its index into them (N,) int32 and its row in that pack (N,) int64.

        Raises:
            UnreadableImageError: lists every file that cannot be decoded.
            StoreError: the folder cannot be written, or the disk is full.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "build.lock", timeout=3600):
                return self._locate_locked([str(path) for path in paths])
        except Timeout as error:
            raise StoreError(f"{self.folder}: another process has been building for an hour; stop it") from error
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self.folder}/index.sqlite: {error}; delete the folder to rebuild it") from error
        except UnreadableImageError:
            raise
        except OSError as error:
            reason = error.strerror or str(error)
            raise StoreError(
                f"{self.folder}: {reason}; free some space or name a writable folder with --store_dir"
            ) from error

    def pack(self, name: str) -> np.ndarray:
        """The memory-mapped array (rows, channels, height, width) uint8 of one pack."""
        if name not in self._packs:
            self._packs[name] = np.load(self.folder / name, mmap_mode="r")
        return self._packs[name]

    def __getstate__(self) -> dict[str, object]:
        return {
            **self.__dict__,
            "_packs": {},
        }  # a worker process maps the packs itself: shared pages, no copy

    def _locate_locked(self, paths: list[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
        self._remove_leftovers()
        with closing(sqlite3.connect(self.folder / "index.sqlite")) as index:
            index.executescript(_SCHEMA)
            digests = self._digests(index, paths)
            known = self._known_rows(index)
            missing: dict[str, list[str]] = {}
            for path, digest in zip(paths, digests, strict=True):
                if digest not in known:
                    missing.setdefault(digest, []).append(path)
            if missing:
                self._build(index, missing)
                known = self._known_rows(index)
        names = sorted({known[digest][0] for digest in digests})
        number = {name: i for i, name in enumerate(names)}
        packs = np.fromiter((number[known[digest][0]] for digest in digests), np.int32, len(digests))
        rows = np.fromiter((known[digest][1] for digest in digests), np.int64, len(digests))
        return names, packs, rows

    def _remove_leftovers(self) -> None:
        for leftover in self.folder.glob("tmp-*"):  # the lock is ours: its writer is dead
            leftover.unlink()

    def _digests(self, index: sqlite3.Connection, paths: list[str]) -> list[str]:
        """SHA-256 per file; a file whose size and modification time are unchanged is not read again."""
        seen = {path: (size, mtime, digest) for path, size, mtime, digest in index.execute("SELECT * FROM source")}
        digests, changed = [], []
        for path in paths:
            try:
                status = os.stat(path)  # noqa: PTH116 - four times faster than Path.stat, on 100,000 files
            except OSError as error:
                raise UnreadableImageError(f"{path}: {error.strerror}; is --dataset_dir right?") from error
            entry = seen.get(path)
            if entry is None or entry[:2] != (status.st_size, status.st_mtime_ns):
                entry = (status.st_size, status.st_mtime_ns, _sha256(path))
                changed.append((path, *entry))
            digests.append(entry[2])
        with index:
            index.executemany("INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?)", changed)
        return digests

    def _known_rows(self, index: sqlite3.Connection) -> dict[str, tuple[str, int]]:
        """Where each digest lies, leaving out packs that are gone or too short for their rows."""
        found: dict[str, tuple[str, int]] = {}
        lengths: dict[str, int] = {}
        for digest, pack, row in index.execute("SELECT sha256, pack, row FROM pixels"):
            if pack not in lengths:
                lengths[pack] = self._pack_length(pack)
            if row < lengths[pack]:
                found[digest] = (pack, row)
        return found

    def _pack_length(self, name: str) -> int:
        try:
            return len(np.load(self.folder / name, mmap_mode="r"))
        except (OSError, ValueError):
            return 0

    def _build(self, index: sqlite3.Connection, missing: dict[str, list[str]]) -> None:
        name = f"pack-{uuid.uuid4().hex}.npy"
        temporary = self.folder / f"tmp-{name}"
        bad: list[str] = []
        rows: list[tuple[str, str, int]] = []
        array: np.memmap | None = None
        with ThreadPoolExecutor(self.workers) as pool:
            decoded = tqdm(
                pool.map(self._read, (paths[0] for paths in missing.values())),
                total=len(missing),
                desc=f"packing images into {self.folder.name}",
                unit="image",
                disable=not self.progress,
            )
            for row, (digest, pixels) in enumerate(zip(missing, decoded, strict=True)):
                if isinstance(pixels, UnreadableImageError):
                    bad += [str(pixels).replace(missing[digest][0], path) for path in missing[digest]]
                    continue
                if array is None:
                    shape = (len(missing), *pixels.shape)
                    _reserve(temporary, int(np.prod(shape)))
                    array = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=shape)
                array[row] = pixels
                rows.append((digest, name, row))
        if bad:
            temporary.unlink(missing_ok=True)
            raise UnreadableImageError(
                f"{len(bad)} of {sum(map(len, missing.values()))} images cannot be read; mend them, or leave them out "
                "with `radiobundle datalist ... --on-bad-image skip`:\n" + "\n".join(bad)
            )
        assert array is not None
        array.flush()
        temporary.rename(self.folder / name)
        with index:
            index.executemany("INSERT OR REPLACE INTO pixels VALUES (?, ?, ?)", rows)

    def _read(self, path: str) -> np.ndarray | UnreadableImageError:
        try:
            return self.reader(path)
        except UnreadableImageError as error:
            return error


def _reserve(path: Path, size_bytes: int) -> None:
    """Take the disk space before decoding: a full disk is an error now, not a bus error half-way."""
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size_bytes)


def _sha256(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
