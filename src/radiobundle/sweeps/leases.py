"""Which worker has which trial: a file with a heartbeat for each, so that a dead worker's trial is taken up again.

A lease is a file in a folder that all workers share. Its worker touches it every few seconds; one that was not touched
for long, or whose process is gone from this machine, is void. Ages are told by the file system's own clock.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from radiobundle.files import is_running, temporary_beside, write_json

HEARTBEAT_S = 10.0
VOID_AFTER_S = 120.0
_SUFFIX = ".lease"


@contextmanager
def lease(folder: Path, name: str) -> Iterator[bool]:
    """Yield whether this worker has the lease of that name; it is given back when the block ends.

    Args:
        folder: of all leases; made if it is not there.
        name: of what is leased.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{_SUFFIX}"
    token = uuid.uuid4().hex
    with FileLock(folder / ".lock"):
        has_it = not is_leased(folder, name)
        if has_it:
            write_json(path, {"host": socket.gethostname(), "process": os.getpid(), "token": token})
    if not has_it:
        yield False
        return
    ended = threading.Event()
    beating = threading.Thread(target=_beat, args=(path, ended), daemon=True)
    beating.start()
    try:
        yield True
    finally:
        ended.set()
        beating.join()
        with FileLock(folder / ".lock"):
            if _token(path) == token:
                path.unlink(missing_ok=True)


def is_leased(folder: Path, name: str) -> bool:
    """Whether a worker that is alive has the lease of that name."""
    path = folder / f"{name}{_SUFFIX}"
    try:
        holder = json.loads(path.read_text("utf-8"))
        age_s = _now(folder) - path.stat().st_mtime
    except (OSError, ValueError):  # gone, or not whole
        return False
    if holder["host"] == socket.gethostname() and not is_running(int(holder["process"])):
        return False
    return age_s < VOID_AFTER_S


def _beat(path: Path, ended: threading.Event) -> None:
    while not ended.wait(HEARTBEAT_S):
        try:
            os.utime(path)
        except OSError:  # a file system that is away for a moment must not end the trial
            continue


def _now(folder: Path) -> float:
    """Return the time as the file system of a folder has it, which may not be this machine's."""
    try:
        with temporary_beside(folder / "clock") as probe:
            probe.touch()
            return probe.stat().st_mtime
    except OSError:  # of somebody who may only look
        return time.time()


def _token(path: Path) -> str | None:
    try:
        return str(json.loads(path.read_text("utf-8"))["token"])
    except (OSError, ValueError):
        return None
