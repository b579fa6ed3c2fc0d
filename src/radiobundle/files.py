"""Write files atomically, so that incomplete files are never used, and read JSON with errors that name the file."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import shutil
import socket
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import pandas as pd

_HOST = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]
_WRITER = r"(?P<writer>(?P<host>\w{6})-(?P<process>\d+)-(?P<id>[0-9a-f]{12}))"
_TEMPORARY = re.compile(rf"\.(?P<stem>.*)~{_WRITER}(?P<suffix>.*)")
_ASIDE = re.compile(rf"\.(?P<stem>.*)~earlier{_WRITER}")
_OLD_AGE_S = 24 * 3600  # a temporary file whose writer cannot be asked is left alone for so long
_ours: set[str] = set()  # ids of temporary files that this process is writing now


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` and rename it over `path` when the block ends without an error.

    What a killed writer of the same file has left behind is removed first.

    Raises:
        OSError: the folder cannot be written, is gone, or is full; the message names it and what is needed.
    """
    path = Path(path)
    with explaining_os_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent, stem=path.stem)
    with temporary_beside(path) as temporary, explaining_os_errors(path.parent, temporary):
        yield temporary
        temporary.replace(path)


@contextmanager
def replacing_folder(folder: str | Path) -> Iterator[Path]:
    """Yield a new folder that takes the place of `folder`, whatever is there, when the block ends without an error.

    What a killed writer of the same folder has left behind is removed first; what it had only moved aside is put back.

    Raises:
        OSError: as `replacing`.
    """
    folder = Path(folder).resolve()
    require_writable_folder(folder.parent)
    with explaining_os_errors(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _put_back(folder)
        remove_leftovers(folder.parent, stem=folder.stem)
        with temporary_beside(folder) as staging, temporary_beside(folder) as old:
            staging.mkdir()
            yield staging
            _replace_folder(folder, staging, old)


def _replace_folder(folder: Path, new: Path, old: Path) -> None:
    """Rename `new` to `folder`, and what is there to `old`, in between to a name that only `_put_back` touches."""
    aside = old.with_name(_TEMPORARY.sub(lambda name: f".{folder.name}~earlier{name['writer']}", old.name))
    try:
        if folder.exists():
            folder.rename(aside)
            os.utime(aside)  # its age is asked for where its writer cannot be
        new.rename(folder)
    except BaseException:
        if aside.exists() and not folder.exists():
            aside.rename(folder)
        raise
    if aside.exists():
        aside.rename(old)


def _put_back(folder: Path) -> None:
    """Undo what was killed between its two renames."""
    for aside in _leftovers(folder.parent, _ASIDE, stem=folder.name):
        if folder.exists():
            with temporary_beside(folder) as old:  # a copy that is half removed is not put back
                aside.rename(old)
        else:
            aside.rename(folder)


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """Yield a hidden path beside `path` whose name says which process writes it; it is removed afterwards."""
    identity = uuid.uuid4().hex[:12]
    temporary = path.with_name(f".{path.stem}~{_HOST}-{os.getpid()}-{identity}{path.suffix}")
    _ours.add(identity)
    try:
        yield temporary
    finally:
        _ours.discard(identity)
        _remove(temporary)


def remove_leftovers(folder: str | Path, *, stem: str | None = None) -> list[Path]:
    """Remove and return what killed writers left in a folder, for the file with this stem or for any.

    A file of a process that still runs on this machine is left alone; so is one of another machine for a day.
    """
    found = _leftovers(Path(folder), _TEMPORARY, stem=stem)
    for path in found:
        _remove(path)
    return found


def _leftovers(folder: Path, pattern: re.Pattern[str], *, stem: str | None) -> list[Path]:
    if not folder.is_dir():
        return []
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = pattern.fullmatch(entry.name) if entry.name.startswith(".") else None
            if name and (stem is None or name["stem"] == stem) and _is_abandoned(name, entry):
                found.append(folder / entry.name)
    return found


def write_text(path: str | Path, text: str) -> None:
    """Write a text file atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | Path, content: Any) -> None:
    """Write JSON atomically, indented by two, with a final line break."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_csv(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table atomically, without its index."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False)


def read_json(path: str | Path, *, fix: str = "make or fetch it again", unique: bool = False) -> Any:
    """Read a JSON file; see `parse_json`.

    Raises:
        ValueError: the file is missing or not JSON; the message names the file and the fix.
    """
    try:
        return parse_json(Path(path).read_bytes(), str(path), fix=fix, unique=unique)
    except FileNotFoundError as error:
        raise ValueError(f"{path}: no such file; {fix}") from error


def parse_json(text: str | bytes, name: str, *, fix: str = "make or fetch it again", unique: bool = False) -> Any:
    """Return the content of a JSON text; NaN and infinity, and if `unique` also repeated keys, are refused.

    Raises:
        ValueError: it is not JSON; the message begins with `name`.
    """
    try:
        return json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_each_once if unique else None
        )
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name}: not valid JSON ({error}); {fix}") from error


def folder_sha256(folder: str | Path) -> str:
    """Return one hash of all files in a folder, not below: of the sorted listing of their names and SHA-256."""
    paths = sorted(path for path in Path(folder).iterdir() if path.is_file())
    return hashlib.sha256("".join(f"{path.name} {file_sha256(path)}\n" for path in paths).encode()).hexdigest()


def file_sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_writable_folder(folder: str | Path, *, needed_bytes: int = 0) -> None:
    """Raise OSError if no file can be created in a folder, or in its nearest existing parent.

    Call it before long work, not after it.

    Raises:
        OSError: the folder is not writable, or its disk lacks `needed_bytes`; the message names both.
    """
    folder = Path(folder)
    existing = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    with explaining_os_errors(folder):
        if not existing.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        with temporary_beside(existing / "writable") as probe:
            probe.touch()
        free = shutil.disk_usage(existing).free
    if free < needed_bytes:
        raise OSError(
            f"{folder}: {_megabytes(needed_bytes)} are needed, but only {_megabytes(free)} are free; make room"
        )


@contextmanager
def explaining_os_errors(folder: Path, written: Path | None = None) -> Iterator[None]:
    """Turn errors of a disk into ones that name the folder and the fix.

    Args:
        folder: that is written to.
        written: the file in it, whose size so far is part of the message of a full disk.
    """
    try:
        yield
    except OSError as error:
        _explain(error, folder, written)
    except RuntimeError as error:  # torch's writer wraps the system's errors
        is_full = folder.is_dir() and shutil.disk_usage(folder).free < 2**20
        if not is_full:
            raise
        _explain(OSError(errno.ENOSPC, str(error)), folder, written)


def _explain(error: OSError, folder: Path, written: Path | None) -> NoReturn:
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        raise OSError(f"{folder}: not writable ({error.strerror}); name another output folder") from error
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        size = written.stat().st_size if written is not None and written.is_file() else 0
        more = f" after {_megabytes(size)}" if size else ""
        raise OSError(f"{folder}: no space left{more}; make room or name another output folder") from error
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE) and not folder.is_dir():
        raise OSError(f"{folder}: is not a folder; create it or name another output folder") from error
    raise error


def _megabytes(count: int) -> str:
    return f"{count / 1024**2:,.1f} MB"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_constant(text)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        repeated = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key '{repeated}' appears twice in one object")
    return found


def _is_abandoned(name: re.Match[str], entry: os.DirEntry[str]) -> bool:
    if name["host"] == _HOST and os.name == "posix":
        process = int(name["process"])
        return name["id"] not in _ours if process == os.getpid() else not is_running(process)
    return time.time() - entry.stat(follow_symlinks=False).st_mtime > _OLD_AGE_S


def is_running(process: int) -> bool:
    """Whether this machine has a process of that number."""
    try:
        os.kill(process, 0)  # sends nothing; asks whether there is such a process
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
