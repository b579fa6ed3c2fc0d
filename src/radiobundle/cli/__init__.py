"""The `radiobundle` command, with a file for each subcommand.

A command's file holds its help as docstring, `declare(parser)` and `run(arguments)`. All are imported for `--help`, so
each imports what it needs only inside `declare` (choices come from the functions that check them) and `run`. Errors
that the user can correct are raised as `ValueError`, `OSError` or a subclass, and are printed in one line with exit
status 2.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from radiobundle import __doc__ as package_summary
from radiobundle import __version__
from radiobundle.cli.arguments import CommandParser, in_flags

COMMANDS = (
    "phantom", "datalist", "audit", "render", "lint", "init", "package", "report", "compare", "view", "label-errors",
    "sweep", "predict", "embed", "explain", "export", "weights", "probe",
)  # fmt: skip
_RESUMED = ("predict", "sweep", "weights")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status (0 done, 1 the check found something, 2 wrong input)."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = _parser(given).parse_args(given)
    try:
        return int(arguments.run(arguments) or 0)
    except (ValueError, OSError) as error:
        print(f"radiobundle {arguments.command}: {in_flags(str(error), arguments.flags)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        rest = "give the same command to continue" if arguments.command in _RESUMED else "nothing incomplete was kept"
        print(f"radiobundle {arguments.command}: interrupted; {rest}", file=sys.stderr)
        return 130


def _parser(given: Sequence[str]) -> CommandParser:
    """Return the parser of all commands; only the given command declares its options."""
    parser = CommandParser(prog="radiobundle", description=package_summary)
    parser.add_argument("--version", action="version", version=f"radiobundle {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = import_module(f"radiobundle.cli.{name.replace('-', '_')}")
        summary = str(module.__doc__).partition("\n")[0].rstrip(".")
        command = commands.add_parser(name, help=summary[0].lower() + summary[1:], description=module.__doc__)
        command.set_defaults(run=module.run)
        if name in given[:1]:
            module.declare(command)
    return parser
