"""Write bundles' configs from the templates."""

from __future__ import annotations

import argparse


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("bundles", nargs="*", metavar="BUNDLE", help="bundle folders (default: bundles/*)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a config is stale")


def run(arguments: argparse.Namespace) -> int:
    """Write the configs, or with `--check` only compare them."""
    from radiobundle.authoring.render import render_command

    return render_command(arguments.bundles, check=arguments.check)
