"""Check JSON from outside against one of our schemas, and say which key of which file is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

_FOLDER = Path(__file__).parent / "templates" / "schemas"


def check_schema(content: Any, schema: str, *, name: str, fix: str) -> None:
    """Raise ValueError if `content` does not follow a schema.

    Args:
        content: what was read.
        schema: name of a file in `templates/schemas`, without its suffix.
        name: of the file, for the message.
        fix: what to do about it, for the message.

    Raises:
        ValueError: the message names the file and the key.
    """
    problem = best_match(_validator(schema).iter_errors(content))
    if problem is not None:
        raise ValueError(f"{name}: {_place(problem)}{_short(problem.message)}; {fix}")


def schema_problems(content: Any, schema: str) -> Iterator[tuple[str, str]]:
    """Yield the key and the message of everything in `content` that breaks a schema."""
    for problem in _validator(schema).iter_errors(content):
        yield "#".join(map(str, problem.absolute_path)), _short(problem.message)


def schema_properties(schema: str) -> dict[str, Any]:
    """Return the keys that a schema knows, with what it says of each."""
    properties: dict[str, Any] = _validator(schema).schema["properties"]
    return properties


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((_FOLDER / f"{schema}.json").read_text("utf-8")))


def _place(problem: ValidationError) -> str:
    path = "#".join(map(str, problem.absolute_path))
    return f"'{path}': " if path else ""


def _short(message: str, limit: int = 200) -> str:
    return message if len(message) <= limit else f"{message[: limit // 2]} ... {message[-limit // 2 :]}"
