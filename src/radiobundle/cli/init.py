"""Make a new bundle for your own images and labels."""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import names
from radiobundle.labels import TASKS


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("name", metavar="NAME", help="new folder; its last part names the bundle")
    parser.add_argument("--datalist", metavar="LIST.json", help="what the bundle is for; tells labels and task")
    parser.add_argument("--dataset-dir", metavar="DIR", help="of its images; tells the size")
    parser.add_argument(
        "--labels", type=names, default=(), metavar="A,B,C", help="in the order of the outputs (default: the list's)"
    )
    parser.add_argument("--task", choices=TASKS, help="default: the list's, else multilabel")
    parser.add_argument("--size", type=int, metavar="PX", help="height and width (default: by the images, else 224)")


def run(arguments: argparse.Namespace) -> int:
    """Make it."""
    from radiobundle.authoring.init import init_command

    return init_command(
        arguments.name,
        labels=arguments.labels,
        task=arguments.task,
        size_px=arguments.size,
        datalist=arguments.datalist,
        dataset_dir=arguments.dataset_dir,
    )
