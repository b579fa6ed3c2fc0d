"""One complaint about a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What is wrong where, and how to fix it.

    Attributes:
        level: an "error" keeps the bundle from running or being accepted, a "warning" should be looked at.
        file: path inside the bundle.
        key: id or line in the file; empty: the file as a whole.
        message: what is wrong.
        fix: what to do about it.
    """

    level: Literal["error", "warning"]
    file: str
    key: str
    message: str
    fix: str

    def __str__(self) -> str:
        """Return all of it in one line."""
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{self.level}: {where}: {self.message}; {self.fix}"
