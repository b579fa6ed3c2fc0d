"""Fetch the file of registered weights once: resumable, checked by its hash, by one process at a time."""

from __future__ import annotations

import logging
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from filelock import FileLock
from tqdm import tqdm

from radiobundle.files import file_sha256, require_writable_folder, write_text
from radiobundle.images.errors import plain_reason
from radiobundle.pretrained.entry import WeightsEntry, WeightsError

CACHE = "RADIOBUNDLE_CACHE"  # environment variable: where fetched files are kept
_PIECE_BYTES = 1 << 20
_TIMEOUT_S = 30  # without a byte
_RESUMED, _NOTHING_LEFT = 206, 416  # HTTP: the rest of the file follows; there is no rest
logger = logging.getLogger("radiobundle")


def cache_folder() -> Path:
    """Return the folder of fetched weights: that of the environment variable, or `~/.cache/radiobundle/weights`."""
    if named := os.environ.get(CACHE):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "radiobundle" / "weights"


def cached_file(entry: WeightsEntry) -> Path:
    """Return where an entry's file is kept, or would be."""
    return cache_folder() / entry.name / Path(urlparse(entry.source["address"]).path).name


def recorded_sha256(path: Path) -> str:
    """Return the SHA-256 that was recorded when a file was first fetched; empty if it was not."""
    record = _beside(path, ".sha256")
    return record.read_text("utf-8").split()[0] if record.is_file() else ""


def fetch(entry: WeightsEntry) -> Path:
    """Return an entry's file, fetched unless it is in the cache; a file brought there by hand is taken too.

    A fetch that was interrupted goes on where it stopped. The SHA-256 is compared with the entry's, as far as that is
    known, and with the one recorded at the first fetch.

    Raises:
        WeightsError: it cannot be fetched or kept, or has another hash; the message says which file to bring where.
    """
    path = cached_file(entry)
    if path.is_file():
        _check(path, entry)
        return path
    try:
        require_writable_folder(path.parent, needed_bytes=int((entry.size_mb or 0) * 2**20))
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(_beside(path, ".lock")):
            if not path.is_file():
                part = _beside(path, ".part")
                _download(entry, part, path)
                _check(part, entry)
                part.replace(path)
                _beside(path, ".etag").unlink(missing_ok=True)
    except OSError as error:
        raise WeightsError(
            f"{entry.name}: cannot be kept in {path.parent} ({plain_reason(error)}); name another folder in the "
            f"environment variable {CACHE}"
        ) from error
    _check(path, entry)
    return path


def _download(entry: WeightsEntry, part: Path, path: Path) -> None:
    address = entry.source["address"]
    try:
        with _response(address, part, path) as response:
            start = part.stat().st_size if response.status == _RESUMED else 0
            whole = start + int(response.headers.get("Content-Length") or 0)
            write_text(_beside(path, ".etag"), response.headers.get("ETag") or "")
            with part.open("ab" if start else "wb") as file:
                _copy(response, file, entry.name, start, whole)
    except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise WeightsError(
            f"{entry.name}: {address} cannot be fetched ({_reason(error)}); without a network, bring that file "
            f"from another machine to {path}"
        ) from error
    if part.stat().st_size < whole:
        raise WeightsError(
            f"{entry.name}: only {part.stat().st_size:,} of {whole:,} bytes of {address} came; try again, it goes on "
            "from there"
        )


@contextmanager
def _response(address: str, part: Path, path: Path) -> Iterator[Any]:
    """Ask for what is missing: the rest, if the server says that the file is still the same, else all of it."""
    tag = _beside(path, ".etag")
    headers = {"User-Agent": "radiobundle"}
    if part.is_file() and tag.is_file() and (known := tag.read_text("utf-8").strip()) and part.stat().st_size:
        headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": known}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=_TIMEOUT_S) as response:
            yield response
    except urllib.error.HTTPError as error:
        if error.code == _NOTHING_LEFT:
            part.unlink(missing_ok=True)
        raise


def _copy(response: Any, file: Any, name: str, start: int, whole: int) -> None:
    options: dict[str, Any] = {"unit": "B", "unit_scale": True, "desc": f"fetching {name}", "disable": None}
    with tqdm(initial=start, total=whole or None, **options) as bar:
        while piece := response.read(_PIECE_BYTES):
            file.write(piece)
            bar.update(len(piece))


def _check(path: Path, entry: WeightsEntry) -> None:
    """Raise WeightsError if a file has another hash than it should; record the hash of a new one."""
    final = cached_file(entry)
    found, recorded = file_sha256(path), recorded_sha256(final)
    for expected, whose in ((entry.sha256, "the entry's"), (recorded, "the one at the first fetch")):
        if not found.startswith(expected):
            if path != final:
                path.unlink()
            raise WeightsError(
                f"{final}: is damaged or another file: its SHA-256 begins with {found[:8]}, {whose} with "
                f"{expected[:8]}; remove it and fetch {entry.name} again, or bring the right file there"
            )
    if not recorded:
        write_text(_beside(final, ".sha256"), f"{found}  {final.name}\n")
        if len(entry.sha256) < len(found):
            logger.info("SHA-256 of %s, recorded for the next time: %s", entry.name, found)


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return plain_reason(reason if isinstance(reason, Exception) else error)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}{suffix}")
