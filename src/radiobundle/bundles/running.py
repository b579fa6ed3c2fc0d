"""Guards of a bundle that runs under MONAI: mistyped options are refused, errors end with their cause."""

from __future__ import annotations

import difflib
import inspect
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from types import FrameType, TracebackType
from typing import Any

from monai.bundle import ConfigWorkflow
from monai.bundle import run as monai_run

_ENTRY_POINTS = ("bundle_root", "imports", "initialize", "run", "finalize")  # read by name
_WRAPPERS = ("Failed to instantiate component", "Failed to evaluate")
_REFERENCE = re.compile(r"[@%]([A-Za-z_]\w*)")


def merged_config() -> Any:
    """The merged, unresolved configuration of the workflow that is running now, or None outside one.

    MONAI hands a configuration's parts to components but never the whole, so it is found on the call stack.
    """
    for frame in _frames():
        workflow = frame.f_locals.get("self")
        if isinstance(workflow, ConfigWorkflow):
            return workflow.parser.config
    return None


def given_options() -> dict[str, Any]:
    """The options that `python -m monai.bundle run` was given, as MONAI's own `run` holds them; none outside it."""
    for frame in _frames():
        if frame.f_code is monai_run.__code__:
            return dict(frame.f_locals.get("override", {}))
    return {}


def useless_options(options: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """Return the options whose top-level key nothing in the configuration refers to, as a mistyped one would be."""
    used = {*_ENTRY_POINTS, *(name for text in _strings(config) for name in _REFERENCE.findall(text))}
    return [option for option in options if option.split("#")[0].lstrip("+") not in used]


def guard_run() -> None:
    """Refuse options that would have no effect, and let errors end with their cause; for `initialize`.

    Raises:
        ValueError: names the option and the nearest one that exists.
    """
    sys.excepthook = _end_with_cause
    config = merged_config() or {}
    for option in useless_options(given_options(), config):
        near = difflib.get_close_matches(option, [key for key in config if key != option], n=1)
        hint = f"; did you mean '{near[0]}'?" if near else "; leave it out"
        raise ValueError(f"--{option}: nothing in the configuration uses '{option}'{hint}")


def unwrap(error: BaseException) -> BaseException:
    """Return what MONAI wrapped in "Failed to instantiate component ..." and "Failed to evaluate ..."."""
    while str(error).startswith(_WRAPPERS) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _end_with_cause(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    traceback.print_exception(kind, error, trace)
    cause = unwrap(error)
    if cause is not error:
        print(f"\nCause: {type(cause).__name__}: {cause}", file=sys.stderr)


def _frames() -> Iterator[FrameType]:
    frame = inspect.currentframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)
