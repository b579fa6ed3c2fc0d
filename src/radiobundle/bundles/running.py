"""Guards of a bundle that runs under MONAI: mistyped options are refused, errors end with their cause."""

from __future__ import annotations

import inspect
import json
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import isfinite
from numbers import Integral, Real
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from monai.bundle import ConfigParser, ConfigWorkflow, create_workflow
from numpy import format_float_positional

from radiobundle.bundles.config_ids import COMPILE, all_ids, is_block, unused_ids
from radiobundle.bundles.machine_load import warn_of_load
from radiobundle.bundles.own_code import import_from, refuse_misplaced
from radiobundle.sources.spelling import number
from radiobundle.suggest import did_you_mean

_WRAPPERS = ("Failed to instantiate component", "Failed to evaluate")
NULL = "$None"  # how MONAI's command line is told null: an option that is None it leaves out
_TEXTS = {"false": "False", "null": f"'{NULL}'", "none": f"'{NULL}'"}  # which every condition takes for true
_ALSO_NUMBERS = {"base_lr", "batch_norm_momentum", "ema_decay", "skip_easy"}  # null, or computed, unless given
_ALSO_WHOLE_NUMBERS = {"batch_norm_images", "loss_interval", "prefetch", "snapshot_epochs", "stop_when_flat"}
_MAY_BE_FRACTIONS = {"warmup_epochs", "cycle_epochs"}  # although the default is a whole number
_DECIMAL_COMMA = re.compile(r",(?!\d{3}$)")  # 1,000 may be a thousand
_OWN_OPTIONS = {*inspect.signature(ConfigWorkflow.__init__).parameters, "config_file", "args_file", "workflow_name"}


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
    """The options given to `python -m monai.bundle run`, directly or in `--args_file`; none outside it."""
    return _options("_args")


def dropped_options() -> list[str]:
    """The options given to `python -m monai.bundle run` as None, which MONAI leaves out without a word."""
    return [key for key, value in _options("kwargs").items() if value is None]


def check_dropped(options: Sequence[str], config: Mapping[str, Any]) -> None:
    """Raise ValueError for an option that was given as None and is something else.

    >>> check_dropped(["ema_decay"], {"ema_decay": 0.99})
    Traceback (most recent call last):
    ValueError: --ema_decay None: MONAI leaves out options that are None, so it would be 0.99; write --ema_decay '$None'
    """
    parser = ConfigParser(dict(config))
    for option in options:
        stays = parser.get(option.lstrip("+"))
        if stays is not None and stays != NULL:
            raise ValueError(
                f"--{option} None: MONAI leaves out options that are None, so it would be {stays}; write "
                f"--{option} '{NULL}'"
            )


def useless_options(options: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """Return the options that nothing in the configuration refers to, as a mistyped one would be."""
    unused = unused_ids(config)
    return [
        option for option in options if any(f"{option.lstrip('+')}#".startswith(f"{useless}#") for useless in unused)
    ]


def check_words(options: Mapping[str, Any]) -> None:
    """Raise ValueError for an option whose value was meant as JSON, which MONAI's command line reads as text.

    >>> check_words({"tf32": "false"})
    Traceback (most recent call last):
    ValueError: --tf32 false: MONAI's command line reads 'false' as text, which counts as true; write --tf32 False
    """
    for option, value in options.items():
        if isinstance(value, str) and (word := _TEXTS.get(value.lower())):
            raise ValueError(
                f"--{option} {value}: MONAI's command line reads '{value}' as text, which counts as true; "
                f"write --{option} {word}"
            )


def check_kinds(config: Mapping[str, Any]) -> None:
    """Raise ValueError for a text where true, false or a number is meant, and for numbers that should be whole.

    >>> check_kinds({"resume": "no"})
    Traceback (most recent call last):
    ValueError: resume: 'no' is a text, which counts as true; write True or False (true or false in JSON and YAML)
    >>> check_kinds({"learning_rate": "1e-3"})
    Traceback (most recent call last):
    ValueError: learning_rate: '1e-3' is a text, not a number; write 0.001 (YAML takes 1e-3 for a text)
    """
    for key, default in (item for template in _templates() for item in template.items()):
        value = config.get(key)
        is_computed = isinstance(value, Mapping) or (isinstance(value, str) and value.startswith(("$", "@", "%")))
        if is_computed or value is None:
            continue
        if isinstance(default, bool):
            _check_switch(key, value)
        elif isinstance(default, (int, float)) or key in _ALSO_NUMBERS | _ALSO_WHOLE_NUMBERS:
            _check_number(key, value)
            if _is_whole(key, default):
                _check_whole(key, value)


def _is_whole(key: str, default: Any) -> bool:
    """Whether a setting counts something; `default` is that of the templates."""
    return key in _ALSO_WHOLE_NUMBERS or (type(default) is int and key not in _MAY_BE_FRACTIONS)


def _check_switch(key: str, value: Any) -> None:
    if isinstance(value, str) and value.lower() != "true" and key != COMPILE:
        raise ValueError(
            f"{key}: '{value}' is a text, which counts as true; write True or False (true or false in JSON and YAML)"
        )


def _check_number(key: str, value: Any) -> None:
    if isinstance(value, str):
        raise ValueError(f"{key}: '{value}' is a text, not a number{_number_in(value)}")
    if isinstance(value, bool) or not isinstance(value, Real):
        commas = "; write one number, with a point before decimals and no mark between thousands"
        raise ValueError(f"{key}: {value!r} is not a number{commas if isinstance(value, (tuple, list)) else ''}")


def _check_whole(key: str, value: Real) -> None:
    if not isinstance(value, Integral):
        meant = f"; write {int(float(value))}" if float(value).is_integer() else ""  # 16.0
        raise ValueError(f"{key}: {value} is not a whole number{meant}")


def _number_in(text: str) -> str:
    """Return what to write instead of a text, if that is clear."""
    try:
        meant = number(_DECIMAL_COMMA.sub(".", text))
    except ValueError:
        return ""
    if not isfinite(meant):  # 1e400
        return ""
    digits = text if text.isdecimal() else format_float_positional(meant, trim="-")
    return f"; write {digits}{' (YAML takes 1e-3 for a text)' if 'e' in text.lower() else ''}"


def unknown_ids(config: Mapping[str, Any]) -> list[str]:
    """Return the ids that nothing refers to and that no template defines: mistyped ones, in any file.

    Ids of a template may be unused because a recipe replaced what used them, and so may named components that were
    not chosen.
    """
    known = {key for template in _templates() for key in all_ids(template)}
    return [key for key in unused_ids(config) if key not in known and not is_block(key)]


def guard_run() -> None:
    """Refuse options and settings that would have no effect, and make errors end with their cause; for `initialize`.

    The bundle's own modules are importable from then on, also in programs that use `ConfigWorkflow`.

    Raises:
        ValueError: names the option or id and the nearest one that exists, or own code that lies in the wrong place.
    """
    sys.excepthook = _end_with_cause
    config = merged_config() or {}
    bundle = Path(str(config.get("bundle_root", ".")))
    refuse_misplaced(config, bundle)
    import_from(bundle)
    warn_of_load()
    options = given_options()
    check_words(options)
    check_dropped(dropped_options(), config)
    check_kinds(config)
    for option in useless_options(options, config):
        raise ValueError(f"--{option}: nothing in the configuration uses '{option}'{suggest_id(option, config)}")
    for key in unknown_ids(config):
        raise ValueError(f"nothing in the configuration uses '{key}'{suggest_id(key, config)}")


def suggest_id(key: str, config: Mapping[str, Any]) -> str:
    """Return a hint for an id that nothing uses: the nearest one that is used, or to leave it out."""
    unused = tuple(f"{other}#" for other in unused_ids(config))
    known = [other for other in all_ids(config) if not f"{other}#".startswith(unused)]
    return did_you_mean(key, known) or "; leave it out"


def unwrap(error: BaseException) -> BaseException:
    """Return what MONAI wrapped in "Failed to instantiate component ..." and "Failed to evaluate ..."."""
    while str(error).startswith(_WRAPPERS) and error.__cause__ is not None:
        error = error.__cause__
    return error


def was_interrupted(error: BaseException) -> bool:
    """Whether an error only followed an interruption (Ctrl-C), as torch's of a file that it could not finish."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, KeyboardInterrupt):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _end_with_cause(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if was_interrupted(error):
        print("\ninterrupted; to continue a training after its last complete epoch use --resume true", file=sys.stderr)
        return
    traceback.print_exception(kind, error, trace)
    cause = unwrap(error)
    if cause is not error:
        print(f"\nCause: {type(cause).__name__}: {cause}", file=sys.stderr)


def _options(variable: str) -> dict[str, Any]:
    """Return the options in a variable of MONAI's `create_workflow` while that is running; none outside it."""
    found = (frame.f_locals.get(variable, {}) for frame in _frames() if frame.f_code is create_workflow.__code__)
    return {key: value for key, value in next(found, {}).items() if key not in _OWN_OPTIONS}


def _frames() -> Iterator[FrameType]:
    frame = inspect.currentframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


@cache
def _templates() -> list[dict[str, Any]]:
    files = (Path(__file__).parents[1] / "templates" / "engine").glob("*.json")
    return [json.loads(path.read_text("utf-8")) for path in files]
