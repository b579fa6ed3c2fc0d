"""Make a new bundle for your own images and labels."""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import names
from radiobundle.labels import TASKS


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("name", metavar="NAME", help="new folder; its last part names the bundle")
    parser.add_argument("--labels", type=names, required=True, metavar="A,B,C", help="in the order of the outputs")
    parser.add_argument("--task", choices=TASKS, default="multilabel", help="default: %(default)s")
    parser.add_argument("--size", type=int, default=224, metavar="PX", help="height and width (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Make it."""
    from radiobundle.authoring.init import init_command

    return init_command(arguments.name, labels=arguments.labels, task=arguments.task, size_px=arguments.size)
