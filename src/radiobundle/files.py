"""Write files so that nothing half-written is ever taken for whole."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` and rename it over `path` when the block ends without an error.

    Raises:
        OSError: the folder cannot be written; the message names it.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}-{uuid.uuid4().hex}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except PermissionError as error:
        raise OSError(f"{path.parent} is not writable ({error.strerror}); name another output folder") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | Path, content: Any) -> None:
    """Write JSON atomically, indented by two, with a final line break."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
