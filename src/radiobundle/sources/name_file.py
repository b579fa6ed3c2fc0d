"""A JSON file that maps names to names, each once: a hierarchy, or a mapping of labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from radiobundle.files import read_json


def read_names(path: Path, *, what: str, several: bool = False) -> dict[str, Any]:
    """Return the object in a JSON file without comments (keys that begin with _), except settings.

    Args:
        path: of the file; it exists.
        what: what is mapped to what, for messages.
        several: a name may also be mapped to a list of names.

    Raises:
        ValueError: it is not such an object, or a key is repeated or empty; the message names the file and the fix.
    """
    fix = f"write a JSON object from {what}"
    content = read_json(path, fix=fix, unique=True)
    if not isinstance(content, dict) or not all(content) or not any(key[0] != "_" for key in content):
        raise ValueError(f"{path}: holds no names; {fix}")
    for key, value in content.items():
        is_list = several and isinstance(value, list) and all(isinstance(name, str) for name in value)
        if key[0] != "_" and not (value is None or isinstance(value, str) or is_list):
            raise ValueError(f"{path}: '{key}' is mapped to {value!r}, which is not a name; {fix}")
    return {key: value for key, value in content.items() if key != "_comment_"}
