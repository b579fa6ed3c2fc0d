"""What the enhancement channels cost: packing once, and every epoch of training.

Trains the bundle with one channel and with three (`recipes/enhancement_channels.json`), both from the packed store, and
fills both stores. The CheXpert study computed its channels on the fly: 824 instead of 738 minutes for 34 epochs of
DenseNet121, 1.12 times the time (its section "Hardware Requirements").

    python scripts/benchmark_channels.py [--device cuda]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmark_common import describe_machine, make_images, make_parser, publish, race, speed_rows
from benchmark_training import bundle_epoch, load_bundle
from radiobundle.images.reader import RadiographReader
from radiobundle.images.store import ImageStore
from radiobundle.training import image_items
from radiobundle.transforms import EnhancementChannels

ONE, THREE = "one channel", "three channels"


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--images", type=int, default=640)
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=64)
    arguments = parser.parse_args()
    arguments.compile = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = make_images(folder, arguments.images)
        packing = race(packers(folder, paths, arguments), rounds=arguments.rounds)
        training = race(trainers(folder, paths, arguments), rounds=arguments.rounds, device=arguments.device)
    facts = {"machine": describe_machine(arguments.device), "images": arguments.images, "batch": arguments.batch_size}
    rows = [
        {"work": work, **row}
        for work, speeds in (("packing", packing), ("training, ResNet18", training))
        for row in speed_rows(speeds, ONE)
    ]
    publish("Enhancement channels (ours: one channel)", facts, rows, arguments.output)


def packers(folder: Path, paths: dict[str, str], arguments: argparse.Namespace) -> dict[str, Callable[[], int]]:
    images = [item["image"] for item in image_items(paths["dataset_dir"])]
    size = [arguments.image_size] * 2

    def pack(reader: RadiographReader) -> int:
        shutil.rmtree(folder / "packing", ignore_errors=True)
        ImageStore(folder / "packing", reader, progress=False).locate(images)
        return len(images)

    return {
        ONE: lambda: pack(RadiographReader(size)),
        THREE: lambda: pack(RadiographReader(size, steps=[EnhancementChannels()])),
    }


def trainers(folder: Path, paths: dict[str, str], arguments: argparse.Namespace) -> dict[str, Callable[[], int]]:
    epochs = {}
    for name, recipe in ((ONE, None), (THREE, "enhancement_channels")):
        arguments.recipe = recipe
        own = {**paths, "output_dir": str(folder / f"output-{name}")}
        epochs[name] = bundle_epoch(load_bundle(own, arguments))
    return epochs


if __name__ == "__main__":
    main()
