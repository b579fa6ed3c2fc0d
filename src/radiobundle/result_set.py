"""Results that belong together appear together: all new or all old, never new metrics beside an old page.

What makes up a set is listed, with checksums, in `results.json`. A new set is made in a hidden folder; one rename
makes it valid; then the old files go, the new ones come, and `results.json` comes last. A process that is killed before
the rename leaves the old set; one that is killed after it leaves a set that whoever reads the folder next completes.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from radiobundle.files import (
    explaining_os_errors,
    file_sha256,
    read_json,
    remove_leftovers,
    temporary_beside,
    write_json,
)
from radiobundle.schemas import check_schema

MANIFEST = "results.json"
SCHEMA = "radiobundle-results/1"
_COMPLETE = ".results-complete"
_STEM = "results"
Maker = Literal["evaluation", "report", "compare", "label-errors", "sweep"]
_NAMES: dict[Maker, str] = {
    "evaluation": "an evaluation",
    "report": "a report",
    "compare": "a comparison",
    "label-errors": "a search for wrong labels",
    "sweep": "a sweep",
}


def require_replaceable(folder: str | Path, *makers: Maker) -> None:
    """Raise ValueError if a folder holds results of anything else than these makers.

    Sets of earlier versions, which do not say what made them, pass.
    """
    made_by = _read(Path(folder)).get("made_by")
    if made_by is not None and made_by not in makers:
        raise ValueError(
            f"{folder}: holds the results of {_NAMES[made_by]}, which would be deleted; name another folder, or give "
            "`overwrite`"
        )


@contextmanager
def result_set(
    folder: str | Path,
    *,
    made_by: Maker,
    replaces: Collection[Maker] = (),
    keep: Collection[str] = (),
    overwrite: bool = True,
) -> Iterator[Path]:
    """Yield an empty folder; when the block ends without an error, what is in it replaces the earlier set in `folder`.

    Args:
        folder: of the results; made if it is not there. Files that belong to no set are left alone.
        made_by: what makes the new set.
        replaces: what else may have made the set that is replaced.
        keep: names in the earlier set that are kept and belong to the new one.
        overwrite: also replace sets made by something else, files that belong to no set, and those that have changed.

    Raises:
        ValueError: without `overwrite`, results of something else, or files that belong to no earlier set or have
            changed, are in the way.
        OSError: the folder cannot be written; the message names it.
    """
    folder = Path(folder)
    is_new = not folder.exists()
    with explaining_os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        complete_results(folder)
    if not overwrite:
        require_replaceable(folder, made_by, *replaces)
    try:
        yield from _stage(folder, made_by, keep, overwrite)
    except BaseException:
        if is_new and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        raise
    complete_results(folder)


def _stage(folder: Path, made_by: Maker, keep: Collection[str], overwrite: bool) -> Iterator[Path]:
    """Yield a hidden folder, and make what is in it valid."""
    with temporary_beside(folder / _STEM) as staging, explaining_os_errors(folder):
        staging.mkdir()
        yield staging
        old = listed_results(folder)
        kept = {name: sha for name, sha in old.items() if name in keep and (folder / name).is_file()}
        made = {path.name: file_sha256(path) for path in sorted(staging.iterdir())}
        gone = (old.keys() | made.keys()) - kept.keys()
        if not overwrite and (changed := sorted(name for name in gone if _is_changed(folder / name, old.get(name)))):
            raise ValueError(
                f"{folder}: would replace {', '.join(changed)}, which no earlier run of this command left like that; "
                "name another folder, or give `overwrite`"
            )
        write_json(staging / MANIFEST, {"schema": SCHEMA, "made_by": made_by, "files": {**kept, **made}})
        staging.rename(folder / _COMPLETE)


def _is_changed(path: Path, sha256: str | None) -> bool:
    return path.exists() and (sha256 is None or not path.is_file() or file_sha256(path) != sha256)


def complete_results(folder: str | Path) -> None:
    """Finish what a killed process left incomplete in a folder of results, so that it holds one set."""
    folder = Path(folder)
    remove_leftovers(folder, stem=_STEM)
    staged = folder / _COMPLETE
    if not staged.is_dir():
        return
    if (staged / MANIFEST).is_file():  # the last file to leave the folder
        new = listed_results(staged)
        old = listed_results(folder)
        waiting = {path.name for path in staged.iterdir()} - {MANIFEST}
        for name in (old.keys() - new.keys()) | waiting:
            (folder / name).unlink(missing_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
        for name in sorted(waiting):
            (staged / name).replace(folder / name)
        (staged / MANIFEST).replace(folder / MANIFEST)
    shutil.rmtree(staged)


def check_results(folder: str | Path, *, names: Collection[str] = ()) -> None:
    """Raise ValueError if files of a set are missing or were not made together.

    Folders written by an earlier version, without `results.json`, pass.

    Args:
        folder: of the results.
        names: those that matter; none: all.
    """
    complete_results(folder)
    for name, sha in listed_results(Path(folder)).items():
        if names and name not in names:
            continue
        path = Path(folder) / name
        if not path.is_file():
            raise ValueError(f"{path}: is missing, though {MANIFEST} lists it; evaluate again")
        if file_sha256(path) != sha:
            raise ValueError(f"{path}: has changed since it was made (see {MANIFEST}); evaluate again")


def listed_results(folder: Path) -> dict[str, str]:
    """Return the files of the set in a folder with their SHA-256; none if there is no set."""
    files: dict[str, str] = _read(folder).get("files", {})
    return files


def _read(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    content: dict[str, Any] = read_json(path, fix="evaluate again")
    check_schema(content, "results", name=str(path), fix="evaluate again")
    return content
