"""What the commands' declarations share."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from radiobundle.labels import TASKS

_OPTION = re.compile(r"`(\w+)`")


class CommandParser(argparse.ArgumentParser):
    """A parser that passes on how its options are typed, as `flags`: from `validation_fraction` to its flag."""

    def __init__(self, **options: Any) -> None:
        self.flags: dict[str, str] = {}
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        self.set_defaults(flags=self.flags)

    def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
        """Declare an option or argument."""
        action = super().add_argument(*names, **options)
        if action.option_strings:
            self.flags[action.dest] = action.option_strings[0]
        return action


def in_flags(text: str, flags: Mapping[str, str]) -> str:
    """Return a message in which options that the command has are named as they are typed.

    Functions name an option by its keyword, in backticks; only the command line knows flags.

    >>> in_flags("`validation_fraction` must lie between 0 and 1", {"validation_fraction": "--validation-fraction"})
    '--validation-fraction must lie between 0 and 1'
    """
    return _OPTION.sub(lambda found: flags.get(found[1], found[0]), text)


def chosen(arguments: argparse.Namespace, *options: str) -> dict[str, Any]:
    """Return these options by name, to be handed on."""
    return {option: getattr(arguments, option) for option in options}


def print_notes(notes: Iterable[str], flags: Mapping[str, str]) -> None:
    """Say on stderr what the user should know, with options as they are typed."""
    for note in notes:
        print(f"note: {in_flags(note, flags)}", file=sys.stderr)


def names(text: str) -> list[str]:
    """Return the names in a comma-separated text."""
    return [name.strip() for name in text.split(",") if name.strip()]


def numbers(text: str) -> tuple[float, ...]:
    """Return the numbers in a comma-separated text."""
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a comma-separated list of numbers") from None


def declare_reading(parser: argparse.ArgumentParser) -> None:
    """Declare how predictions are read and resampled."""
    from radiobundle.evaluation.predictions.studies import OVER_VIEWS, UNITS

    parser.add_argument("--by", choices=UNITS, default="image", help="what is judged (default: %(default)s)")
    parser.add_argument(
        "--over-views", choices=OVER_VIEWS, default="max", help="how a study's images become one (default: %(default)s)"
    )
    parser.add_argument("--bootstrap", type=int, default=1000, metavar="N", help="resamples (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--task", choices=TASKS, help="default: inferred from the file")
    parser.add_argument("--map", dest="column_map", action="append", default=[], metavar="NAME=COLUMN",
                        help="our column NAME is the file's COLUMN, such as image=filename; repeatable")  # fmt: skip


def reading_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return these options for `write_report` and `write_comparison`."""
    for pair in arguments.column_map:
        if "=" not in pair:
            raise ValueError(f"`column_map` {pair}: write NAME=COLUMN, such as image=filename")
    column_map = dict(pair.split("=", 1) for pair in arguments.column_map)
    return {**chosen(arguments, "bootstrap", "seed", "task", "by", "over_views"), "column_map": column_map}


def declare_overwrite(parser: argparse.ArgumentParser) -> None:
    """Declare what may be replaced in a folder of results."""
    text = "also replace files there that an earlier run of this command did not leave as they are"
    parser.add_argument("--overwrite", action="store_true", help=text)


def replaced_note(folder: str) -> str:
    """Return what to say when results come where earlier ones are; look before they do."""
    from radiobundle.result_set import MANIFEST

    return " (replaced the results that were there)" if (Path(folder) / MANIFEST).is_file() else ""
