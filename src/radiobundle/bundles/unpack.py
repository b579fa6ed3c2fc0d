"""Use a packaged bundle straight from its zip."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from radiobundle.files import remove_leftovers, temporary_beside

MOST_FILES = 20_000
FREE_TO_LEAVE = 256 * 2**20  # bytes that unpacking leaves free on the disk
_ALWAYS_ALLOWED, _MOST_TIMES = 2**30, 20  # a package's weights hardly shrink; it holds little more than its zip
_PIECE = 2**20
_SCRATCH = "radiobundle"


@contextmanager
def unpacked(model: str | Path) -> Iterator[Path]:
    """Yield the folder of a model: itself, or for a zip a temporary one that holds its bundle.

    Raises:
        ValueError: the zip is damaged, holds no bundle or several, a path that leads outside, or far more bytes than
            a package of its size.
    """
    path = Path(model)
    if path.suffix.lower() != ".zip":
        yield path
        return
    with scratch_folder() as temporary:
        with _explaining(path):
            file = zipfile.ZipFile(path)
        with file:
            _check_entries(path, file.infolist(), temporary)
            with _explaining(path):
                _extract(file, temporary)
        yield _find_bundle(path, temporary)


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ValueError(f"{path}: no such file") from error
    except Exception as error:  # a damaged zip makes zipfile and zlib raise many types
        raise ValueError(f"{path}: not a readable zip ({error}); fetch it again") from error


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder in the system's temporary one, after removing those left by killed processes."""
    parent = Path(tempfile.gettempdir())
    remove_leftovers(parent, stem=_SCRATCH)
    with temporary_beside(parent / _SCRATCH) as folder:
        folder.mkdir(mode=0o700)
        yield folder


def _find_bundle(path: Path, folder: Path) -> Path:
    found = sorted(folder.rglob("configs/metadata.json"), key=lambda config: len(config.parts))
    if not found:
        raise ValueError(f"{path}: does not hold a bundle (no configs/metadata.json)")
    if len(found) > 1 and len(found[1].parts) == len(found[0].parts):
        names = ", ".join(sorted(config.parents[1].name for config in found))
        raise ValueError(f"{path}: holds several bundles ({names}); unpack it and name one of them")
    return found[0].parents[1]


def _check_entries(path: Path, entries: list[zipfile.ZipInfo], folder: Path) -> None:
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in entry.filename:
            raise ValueError(f"{path}: refused, its entry '{entry.filename}' would be written outside it")
    if len(entries) > MOST_FILES:
        raise ValueError(f"{path}: refused, it holds {len(entries):,} files; a package has {MOST_FILES:,} at most")
    twice = [name for name, count in Counter(entry.filename for entry in entries).items() if count > 1]
    if twice:
        raise ValueError(f"{path}: refused, it holds '{twice[0]}' twice")
    declared = sum(entry.file_size for entry in entries)
    allowed = max(_ALWAYS_ALLOWED, _MOST_TIMES * path.stat().st_size)
    if declared > allowed:
        raise ValueError(
            f"{path}: refused, it would unpack to {declared:,} bytes; a zip of {path.stat().st_size:,} bytes may "
            f"unpack to {allowed:,}"
        )
    free = shutil.disk_usage(folder).free - FREE_TO_LEAVE
    if declared > free:
        raise ValueError(
            f"{path}: needs {declared:,} bytes in {folder.parent}, where {max(free, 0):,} may be used; make room, or "
            "set TMPDIR to a folder on a larger disk"
        )


def _extract(file: zipfile.ZipFile, folder: Path) -> None:
    """Write all entries, none longer than declared."""
    for entry in file.infolist():
        target = folder / entry.filename
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        written = 0
        with file.open(entry) as source, target.open("wb") as out:
            while piece := source.read(_PIECE):
                written += len(piece)
                if written > entry.file_size:
                    raise zipfile.BadZipFile(
                        f"'{entry.filename}' is longer than the {entry.file_size:,} bytes declared"
                    )
                out.write(piece)
