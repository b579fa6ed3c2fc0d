"""The folder of a page: written beside its place, and there only once it is complete."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from radiobundle.files import replacing_folder

MANIFEST = "data/manifest.js"
PAGE = Path(__file__).parent / "page"


def is_view(folder: Path) -> bool:
    """Whether a folder holds a page of this command."""
    return (folder / MANIFEST).is_file() and (folder / "index.html").is_file()


def require_replaceable(folder: Path) -> None:
    """Raise ValueError if something is in the way that is not an earlier page, or lies in one."""
    if folder.is_dir() and Path.cwd().is_relative_to(folder.resolve()):
        raise ValueError(f"`output` {folder}: is the folder that you are in; name another one")
    if folder.is_dir() and (is_view(folder) or not any(folder.iterdir())):
        own = {"data", *(path.name for path in PAGE.iterdir())}
        if others := sorted(path.name for path in folder.iterdir() if path.name not in own):
            raise ValueError(f"`output` {folder}: replacing this page would remove {others[0]}; move it elsewhere")
        return
    if folder.exists() or folder.is_symlink():
        raise ValueError(f"`output` {folder}: is there and not a page of this command; name another folder")


@contextmanager
def view_folder(folder: str | Path) -> Iterator[Path]:
    """Yield a folder with the page's own files; when the block ends without an error, it replaces an earlier page.

    Raises:
        ValueError: something else is in the way.
        OSError: the folder cannot be written, or its disk is full.
    """
    folder = Path(folder).resolve()
    require_replaceable(folder)
    with replacing_folder(folder) as staging:
        shutil.copytree(PAGE, staging, dirs_exist_ok=True)
        yield staging
        require_replaceable(folder)
