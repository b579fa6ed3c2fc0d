"""What the enhancement channels cost: packing once, and every epoch of training.

Trains the bundle with one channel, with three copies of it (what a network for colours gets of a gray image, and the
study without its enhancement layers), and with `recipes/enhancement_channels.json`, all from the packed store; fills
the stores of one and of three. The CheXpert study computed its channels on the fly: 824 instead of 738 minutes for 34
epochs of DenseNet121, 1.12 times the time (its section "Hardware Requirements").

    python scripts/benchmark_channels.py [--device cuda] [--networks "densenet121;efficientnet_b4"] [--image-size 224]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmark_common import describe_machine, make_images, make_parser, publish, race, speed_rows
from benchmark_training import bundle_epoch, load_bundle
from radiobundle.images.reader import RadiographReader
from radiobundle.images.store import ImageStore
from radiobundle.training import image_items
from radiobundle.transforms import EnhancementChannels

ONE, COPIES, THREE = "one channel", "three copies", "three channels"
_CHANNELS = {"spatial_dims": 2, "in_channels": "@input_channels"}
NETWORKS: dict[str, Any] = {
    "resnet18": "@networks#resnet18",
    "densenet121": "@networks#densenet121",
    "efficientnet_b4": {
        "_target_": "monai.networks.nets.EfficientNetBN",
        "model_name": "efficientnet-b4",
        "pretrained": False,
        "num_classes": "@num_classes",
        **_CHANNELS,
    },
}


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--networks", default="resnet18", help="divided by ; (default: resnet18)")
    parser.add_argument("--images", type=int, default=640)
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=64)
    arguments = parser.parse_args()
    arguments.compile = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = make_images(folder, arguments.images)
        packing = race(packers(folder, paths, arguments), rounds=arguments.rounds)
        training = {
            network: race(trainers(folder, paths, network, arguments), rounds=arguments.rounds, device=arguments.device)
            for network in arguments.networks.split(";")
        }
    facts = {"machine": describe_machine(arguments.device), "images": arguments.images, "batch": arguments.batch_size}
    rows = [
        {"work": work, **row}
        for work, speeds in (("packing", packing), *((f"training, {name}", found) for name, found in training.items()))
        for row in speed_rows(speeds, ONE if work == "packing" else THREE)
    ]
    publish("Enhancement channels (ours: one channel; in training three)", facts, rows, arguments.output)


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


def trainers(
    folder: Path, paths: dict[str, str], network: str, arguments: argparse.Namespace
) -> dict[str, Callable[[], int]]:
    epochs = {}
    steps = [{"_target_": "monai.transforms.RepeatChannel", "repeats": 3}]
    copies = {"input_channels": 3, "preprocessing_steps": steps}
    for name, recipe, channels in ((ONE, None, {}), (COPIES, None, copies), (THREE, "enhancement_channels", {})):
        arguments.recipe = recipe
        own = {
            **paths,
            "output_dir": str(folder / f"output-{network}-{name}"),
            "network_def": NETWORKS[network],
            **channels,
        }
        epochs[name] = bundle_epoch(load_bundle(own, arguments))
    return epochs


if __name__ == "__main__":
    main()
