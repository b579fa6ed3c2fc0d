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
    """A parser that also returns the flags of its options, as `flags`: `validation_fraction` to its flag."""

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
    """Return a message with the keywords of the command's options replaced by their flags.

    Functions name an option by its keyword, in backticks; only the command line knows the flags.

    >>> in_flags("`validation_fraction` must lie between 0 and 1", {"validation_fraction": "--validation-fraction"})
    '--validation-fraction must lie between 0 and 1'
    """
    return _OPTION.sub(lambda found: flags.get(found[1], found[0]), text)


def chosen(arguments: argparse.Namespace, *options: str) -> dict[str, Any]:
    """Return these options by name."""
    return {option: getattr(arguments, option) for option in options}


def print_notes(notes: Iterable[str], flags: Mapping[str, str]) -> None:
    """Print notes to stderr, naming options by their flags."""
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
    """Declare the options for reading and resampling predictions, and for replacing what was made of them."""
    from radiobundle.evaluation.predictions.studies import OVER_VIEWS, UNITS

    parser.add_argument("--by", choices=UNITS, default="image", help="unit of evaluation (default: %(default)s)")
    parser.add_argument(
        "--over-views",
        choices=OVER_VIEWS,
        default="max",
        help="how the images of a study are combined (default: %(default)s)",
    )
    parser.add_argument(
        "--bootstrap", type=int, default=1000, metavar="N", help="number of resamples (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--task", choices=TASKS, help="default: inferred from the file")
    parser.add_argument("--map", dest="column_map", action="append", default=[], metavar="NAME=COLUMN",
                        help="read column NAME from the file's COLUMN, such as image=filename; repeatable")  # fmt: skip
    declare_overwrite(parser)


def reading_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return these options for `write_report` and `write_comparison`."""
    for pair in arguments.column_map:
        if "=" not in pair:
            raise ValueError(f"`column_map` {pair}: write NAME=COLUMN, such as image=filename")
    options = chosen(arguments, "bootstrap", "seed", "task", "by", "over_views", "overwrite")
    return {**options, "column_map": dict(pair.split("=", 1) for pair in arguments.column_map)}


def declare_model(parser: argparse.ArgumentParser, *, images: str = "INPUT", exported: bool = True) -> None:
    """Declare a model, the images that it is given and where it runs; `exported`: it may be a .ts or .onnx file."""
    forms = "bundle with weights (folder, zip), .ts or .onnx" if exported else "or bundle with weights (folder, zip)"
    where = "cpu, cuda, cuda:1; for ONNX also tensorrt" if exported else "cpu, cuda, cuda:1"
    parser.add_argument("model", metavar="MODEL", help=f"output folder of a training, {forms}")
    parser.add_argument("inputs", nargs="+", metavar=images, help="files, folders, patterns, or a CSV of images")
    parser.add_argument("--device", metavar="NAME", help=f"{where} (default: a GPU if there is one)")


def declare_batches(parser: argparse.ArgumentParser) -> None:
    """Declare how a model runs."""
    parser.add_argument("--batch-size", type=int, default=32, metavar="N", help="images in a batch, of which a "
                        "CPU computes up to four at once (default: %(default)s)")  # fmt: skip
    parser.add_argument("--precision", default="auto", metavar="NAME", help="auto, fp32, bf16 or fp16 (default: auto)")


def declare_overwrite(parser: argparse.ArgumentParser) -> None:
    """Declare the option that allows results to be replaced."""
    text = "also replace files in that folder that this command did not write, or that have changed since"
    parser.add_argument("--overwrite", action="store_true", help=text)


def replaced_note(folder: str) -> str:
    """Return a note if the folder already holds results; call it before writing new ones."""
    from radiobundle.result_set import MANIFEST

    return " (replaced the results that were there)" if (Path(folder) / MANIFEST).is_file() else ""
