"""A JSON file that maps names to names, each once: a hierarchy, or a mapping of labels."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any


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
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: {error}; {fix}") from error
    if not isinstance(content, dict) or not all(content) or not any(key[0] != "_" for key in content):
        raise ValueError(f"{path}: holds no names; {fix}")
    for key, value in content.items():
        is_list = several and isinstance(value, list) and all(isinstance(name, str) for name in value)
        if key[0] != "_" and not (value is None or isinstance(value, str) or is_list):
            raise ValueError(f"{path}: '{key}' is mapped to {value!r}, which is not a name; {fix}")
    return {key: value for key, value in content.items() if key != "_comment_"}


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    repeated = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if repeated:
        raise ValueError(f"'{repeated[0]}' is mapped twice")
    return dict(pairs)
