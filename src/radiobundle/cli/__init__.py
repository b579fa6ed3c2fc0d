"""The `radiobundle` command: argument parsing only; each command imports what it needs when it runs.

Every `_add_*` function declares one command and binds the function that carries it out. Errors the user can mend are
raised as `ValueError`, `OSError` or a subclass, and are printed in one line with exit status 2.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from radiobundle import __doc__ as package_summary
from radiobundle import __version__
from radiobundle.cli.bundles import add_bundles_commands
from radiobundle.cli.data import add_data_commands
from radiobundle.cli.models import add_models_commands


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status (0 done, 1 the check found something, 2 wrong input)."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except (ValueError, OSError) as error:
        print(f"radiobundle {arguments.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"radiobundle {arguments.command}: interrupted; nothing half-written was kept", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="radiobundle", description=package_summary)
    parser.add_argument("--version", action="version", version=f"radiobundle {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_data_commands(commands)
    add_bundles_commands(commands)
    add_models_commands(commands)
    return parser
