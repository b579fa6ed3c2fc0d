"""Draw synthetic radiographs in a task's own source layout."""

from __future__ import annotations

import argparse
from pathlib import Path


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    from radiobundle.phantoms.registry import PHANTOMS

    parser.add_argument("task", choices=sorted(PHANTOMS), metavar="TASK", help="%(choices)s")
    parser.add_argument("output", metavar="OUT", help="new or empty folder")
    parser.add_argument("--images", type=int, default=300, metavar="N", help="number of images (default: %(default)s)")
    parser.add_argument("--size", type=int, default=150, metavar="PX", help="height and width (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same files (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Draw the images; print where they are and how many show each label."""
    from radiobundle.phantoms.registry import PHANTOMS

    write = PHANTOMS[arguments.task]
    output, count = arguments.output, arguments.images
    counts = write(Path(output), n_images=count, size_px=arguments.size, seed=arguments.seed)
    print(f"{output}: {count} synthetic images (" + ", ".join(f"{k} {v}" for k, v in counts.items()) + ")")
    return 0
