"""The checksums of a package's files: are these the files that were packaged?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from radiobundle.files import file_sha256, read_json

CHECKSUMS = "checksums_sha256"
METADATA = "configs/metadata.json"


def checksum_problems(bundle: str | Path, metadata: Mapping[str, Any], *names: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each file that does not match the metadata, and what is wrong with it.

    Args:
        bundle: its folder.
        metadata: content of its `configs/metadata.json`; a bundle without weights states no checksums.
        names: files that matter, as the metadata names them; none: all.
    """
    stated = metadata.get(CHECKSUMS, {})
    if not isinstance(stated, Mapping):
        yield METADATA, f"'{CHECKSUMS}' is not a table of checksums"
        return
    for name in names if stated else ():
        if name not in stated and (Path(bundle) / name).is_file():
            yield name, "is not among the files that were packaged"
    for name, sha in stated.items():
        path = Path(bundle) / name
        if names and name not in names:
            continue
        if not path.resolve().is_relative_to(Path(bundle).resolve()):
            yield name, "lies outside the bundle"
        elif not path.is_file():
            yield name, "is missing"
        elif file_sha256(path) != sha:
            yield name, "differs from the file that was packaged (its SHA-256 is not the one in the metadata)"


def require_checksums(bundle: str | Path, *names: str) -> set[str]:
    """Raise ValueError at the first such file; return the names of the verified files.

    A folder without metadata states nothing.
    """
    path = Path(bundle) / METADATA
    metadata = read_json(path, fix="fetch the bundle again") if path.is_file() else {}
    metadata = metadata if isinstance(metadata, Mapping) else {}
    for name, problem in checksum_problems(bundle, metadata, *names):
        raise ValueError(f"{Path(bundle) / name}: {problem}; fetch the bundle again")
    return {name for name in names if name in metadata.get(CHECKSUMS, {})}
