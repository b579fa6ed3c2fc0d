"""Make a new bundle for your own images and labels."""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import chosen, names
from radiobundle.labels import TASKS


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("name", metavar="NAME", help="new folder; its name is the bundle's name")
    parser.add_argument("--datalist", metavar="LIST.json", help="datalist to take the labels and the task from")
    parser.add_argument("--dataset-dir", metavar="DIR", help="folder of its images, to choose the image size")
    parser.add_argument(
        "--labels",
        type=names,
        default=(),
        metavar="A,B,C",
        help="labels in the order of the outputs (default: from the list)",
    )
    parser.add_argument("--task", choices=TASKS, help="default: from the list, else multilabel")
    parser.add_argument("--size", type=int, metavar="PX", help="height and width (default: from the images, else 224)")


def run(arguments: argparse.Namespace) -> int:
    """Make the bundle."""
    from radiobundle.authoring.init import init_command

    options = chosen(arguments, "labels", "task", "datalist", "dataset_dir")
    return init_command(arguments.name, size_px=arguments.size, **options)
