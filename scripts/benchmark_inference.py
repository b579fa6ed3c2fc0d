"""Inference speed, against MONAI's usual evaluator and against the forward pass alone.

The bundle evaluates as `inference.json` does, from a warm store; the usual way is SupervisedEvaluator over a
CacheDataset of LoadImaged, Resized, ScaleIntensityd in float32, with its decollated outputs; the ceiling is the forward
pass on a batch that is already in memory, in the bundle's precision and memory format.

    python scripts/benchmark_inference.py [--device cuda]
"""

from __future__ import annotations

import argparse
import copy
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from monai.bundle import ConfigWorkflow
from monai.data import CacheDataset, DataLoader
from monai.engines import SupervisedEvaluator
from monai.transforms import Compose

from benchmark_common import BUNDLE, describe_machine, make_images, make_parser, publish, race, speed_rows
from radiobundle.training import AutocastInferer, image_items
from usual_pipeline import loading

OURS = "bundle, default configuration"


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--images", type=int, default=1000, help="images (default %(default)s, synthetic)")
    parser.add_argument("--batch-size", type=int, default=64)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = make_images(Path(folder), round(arguments.images * 0.8))
        speeds = race(contenders(paths, arguments), rounds=arguments.rounds, device=arguments.device)
    facts = {
        "machine": describe_machine(arguments.device),
        "network": "ResNet18, 1 channel, 128 px",
        "batch": arguments.batch_size,
        "images": arguments.images,
    }
    publish("Inference", facts, speed_rows(speeds, OURS), arguments.output)


def contenders(paths: dict[str, str], arguments: argparse.Namespace) -> dict[str, Callable[[], int]]:
    workflow = ConfigWorkflow(
        config_file=str(BUNDLE / "configs" / "inference.json"),
        meta_file=str(BUNDLE / "configs" / "metadata.json"),
        logging_file=False,
        workflow_type="infer",
        device=f"$torch.device('{arguments.device}')",
        batch_size=arguments.batch_size,
        handlers=[],  # no trained weights are needed to be fast
        dataset_dir=paths["dataset_dir"],
        output_dir=paths["output_dir"],
        store_dir=paths["store_dir"],
    )
    workflow.initialize()
    network = copy.deepcopy(workflow.parser.get_parsed_content("network_def"))
    evaluator = workflow.parser.get_parsed_content("evaluator")
    count = len(workflow.parser.get_parsed_content("data"))

    def ours() -> int:
        evaluator.run()
        return count

    return {
        "usual MONAI evaluator": usual(paths, copy.deepcopy(network), arguments),
        OURS: ours,
        "forward pass alone": forward_alone(network, arguments, count),
    }


def usual(paths: dict[str, str], network: torch.nn.Module, arguments: argparse.Namespace) -> Callable[[], int]:
    items = [{"image": item["image"], "label": 0} for item in image_items(paths["dataset_dir"])]
    loader = DataLoader(CacheDataset(items, Compose(loading(128)), progress=False), batch_size=arguments.batch_size)
    evaluator = SupervisedEvaluator(
        device=torch.device(arguments.device), val_data_loader=loader, network=network.to(arguments.device)
    )

    def run() -> int:
        evaluator.run()
        return len(items)

    return run


def forward_alone(network: torch.nn.Module, arguments: argparse.Namespace, count: int) -> Callable[[], int]:
    network.to(device=arguments.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    images = torch.randn(arguments.batch_size, 1, 128, 128, device=arguments.device)
    images = images.contiguous(memory_format=torch.channels_last)
    infer = AutocastInferer(arguments.device, fold_batch_norm=True)

    def run() -> int:
        for _ in range(count // arguments.batch_size):
            infer(images, network)
        return count // arguments.batch_size * arguments.batch_size

    return run


if __name__ == "__main__":
    main()
