"""Check JSON from outside against one of our schemas, and say which key of which file is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from radiobundle.suggest import did_you_mean

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


def refuse_unknown_keys(content: Any, schema: str) -> None:
    """Raise ValueError if `content` has a key that a schema does not allow; the message suggests the nearest one."""
    for problem in _validator(schema).iter_errors(content):
        if problem.validator == "additionalProperties":
            known = problem.schema["properties"]
            key = next(str(key) for key in problem.instance if key not in known)
            where = [name for word, name in pairwise(problem.absolute_schema_path) if word == "properties"]
            hint = did_you_mean(key, known) or f"; there are {', '.join(known)}"
            raise ValueError(f"unknown key '{': '.join([*map(str, where), key])}'{hint}")


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((_FOLDER / f"{schema}.json").read_text("utf-8")))


def _place(problem: ValidationError) -> str:
    path = "#".join(map(str, problem.absolute_path))
    return f"'{path}': " if path else ""


def _short(message: str) -> str:
    return message if len(message) <= 200 else f"{message[:100]} ... {message[-100:]}"
