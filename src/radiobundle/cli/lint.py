"""Check bundles as MONAI and the Model Zoo would; exit 1 on errors."""

from __future__ import annotations

import argparse


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("bundles", nargs="+", metavar="BUNDLE", help="bundle folders or zips")
    parser.add_argument("--code", action="store_true", help="list everything that the configurations would run")
    parser.add_argument(
        "--run",
        dest="run_network",
        action="store_true",
        help="also run the network once; without this option no code of a bundle is run",
    )
    parser.add_argument("--json", action="store_true", help="print findings and code as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check the bundles."""
    from radiobundle.authoring.lint.command import lint_command

    return lint_command(arguments.bundles, show_code=arguments.code, as_json=arguments.json, run=arguments.run_network)
