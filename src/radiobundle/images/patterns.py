"""Which paths a pattern such as `images/**/*.png` matches, and which folders must be searched for it."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

ANY_DEPTH = "**"


class Pattern:
    """A pattern of paths: `*`, `?` and `[abc]` within a name, `**` for any number of folders; hidden ones are named.

    It matches files and, if it matches a folder, everything in it.

    Attributes:
        base: the folder up to the first name that is a pattern.
    """

    def __init__(self, text: str) -> None:
        parts = Path(text).parts
        plain = next((k for k, part in enumerate(parts) if glob.has_magic(part)), len(parts))
        self.base = Path(*parts[:plain])
        self._wanted = parts[plain:]

    def means(self, parts: Sequence[str]) -> bool:
        """Whether it matches a path below `base`, or a folder on the way to it."""
        return any(_fits(parts[:count], self._wanted) for count in range(len(parts) + 1))

    def leads_into(self, parts: Sequence[str]) -> bool:
        """Whether it may match something below a folder."""
        return self.means(parts) or any(_fits(parts, self._wanted[:count]) for count in range(len(self._wanted)))


def _fits(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    if not wanted:
        return not parts
    if wanted[0] == ANY_DEPTH:
        deeper = bool(parts) and not parts[0].startswith(".") and _fits(parts[1:], wanted)
        return deeper or _fits(parts, wanted[1:])
    if not parts or (parts[0].startswith(".") and not wanted[0].startswith(".")):
        return False
    return fnmatchcase(parts[0], wanted[0]) and _fits(parts[1:], wanted[1:])
