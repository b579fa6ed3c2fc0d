"""Turn image names as spelt in tables into paths relative to the dataset folder."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path, PurePosixPath

import pandas as pd

_DRIVE = re.compile(r"^[A-Za-z]:")


def relative_name(text: str, roots: tuple[PurePosixPath, ...]) -> str | None:
    """Return one name as a `/`-separated path below the dataset folder, or None where it leaves that folder.

    >>> relative_name(" .\\\\a//b.png", ()), relative_name("../b.png", ())
    ('a/b.png', None)
    """
    name = posixpath.normpath(text.strip().replace("\\", "/"))
    if name.startswith("/"):
        path = PurePosixPath(name if not name.startswith("//") else name[1:])
        root = next((root for root in roots if path.is_relative_to(root) and path != root), None)
        return path.relative_to(root).as_posix() if root else None
    return None if name in (".", "..") or name.startswith("../") or _DRIVE.match(name) or "\n" in name else name


def relative_names(texts: pd.Series, dataset_dir: str | Path) -> pd.Series:
    """Return each name as `relative_name` does, with the dataset folder as given and as resolved; NaN: outside."""
    folder = Path(dataset_dir)
    roots = tuple(dict.fromkeys(PurePosixPath(path.as_posix()) for path in (folder.absolute(), folder.resolve())))
    return texts.map(lambda text: relative_name(text, roots)).astype(object)
