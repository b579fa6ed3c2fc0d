"""Training speed of a bundle's default configuration, against the usual MONAI pipeline and against the bare step.

Three things train the same network on the same images: the usual MONAI pipeline (LoadImaged, Resized, ScaleIntensityd,
four random dictionary transforms, CacheDataset, SupervisedTrainer, float32), the bundle as `python -m monai.bundle run
training` runs it, and the training step alone on one batch that is already in memory: the ceiling, with the bundle's
precision and memory format. The two pipelines are given their cache and their store filled.

    python scripts/benchmark_training.py
    python scripts/benchmark_training.py --device cuda --recipe densenet121 --image-size 224 --images 5120
"""

from __future__ import annotations

import argparse
import copy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigWorkflow
from monai.data import CacheDataset, DataLoader
from monai.engines import SupervisedTrainer
from monai.transforms import Compose

from benchmark_common import BUNDLE, describe_machine, make_images, make_parser, publish, race, speed_rows
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.training.precision import choose_precision
from usual_pipeline import augmentation, loading

OURS = "bundle, default configuration"


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--images", type=int, default=2560, help="training images (default %(default)s, synthetic)")
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--recipe", help="a recipe of the bundle that changes the network, such as densenet121")
    parser.add_argument("--compile", action="store_true", help="compile the bundle's network with torch.compile")
    parser.add_argument("--prefetch", type=int, help="batches that the bundle's loader reads ahead")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        speeds = measure(Path(folder), arguments)
    facts = {
        "machine": describe_machine(arguments.device),
        "network": f"{arguments.recipe or 'ResNet18'}, 1 channel, {arguments.image_size} px",
        "batch": arguments.batch_size,
        "images": arguments.images,
        "compiled": arguments.compile,
    }
    publish("Training", facts, speed_rows(speeds, OURS), arguments.output)


def measure(folder: Path, arguments: argparse.Namespace) -> dict[str, list[float]]:
    paths = make_images(folder, arguments.images, size_px=max(150, arguments.image_size))
    workflow = load_bundle(paths, arguments)
    contenders: dict[str, Callable[[], int]] = {
        "usual MONAI pipeline": usual_epoch(paths, workflow, arguments),
        OURS: bundle_epoch(workflow),
        "training step alone": step_alone(workflow, arguments),
    }
    return race(contenders, rounds=arguments.rounds, device=arguments.device)


def load_bundle(paths: dict[str, Any], arguments: argparse.Namespace) -> ConfigWorkflow:
    names = ["train", *([f"recipes/{arguments.recipe}"] if arguments.recipe else [])]
    workflow = ConfigWorkflow(
        config_file=[str(BUNDLE / "configs" / f"{name}.json") for name in names],
        meta_file=str(BUNDLE / "configs" / "metadata.json"),
        logging_file=False,
        workflow_type="train",
        device=f"$torch.device('{arguments.device}')",
        batch_size=arguments.batch_size,
        image_size_px=[arguments.image_size] * 2,
        compile=arguments.compile,
        prefetch=arguments.prefetch,
        val_interval=10**6,
        early_stop_patience=None,
        **paths,
    )
    workflow.initialize()
    return workflow


def bundle_epoch(workflow: ConfigWorkflow) -> Callable[[], int]:
    trainer = workflow.parser.get_parsed_content("train#trainer")
    loader = workflow.parser.get_parsed_content("train#dataloader")
    validator = workflow.parser.get_parsed_content("validate#evaluator")
    validator.state.key_metric_name = "auroc"
    validator.state.metrics["auroc"] = 0.0  # only training is timed; the handlers still need a value
    return lambda: run_epoch(trainer, loader)


def usual_epoch(paths: dict[str, str], workflow: ConfigWorkflow, arguments: argparse.Namespace) -> Callable[[], int]:
    items = [
        {"image": str(Path(paths["dataset_dir"]) / item["image"]), "label": item["label"].index(1)}
        for item in read_datalist(paths["datalist"]).splits["training"]
    ]
    transforms = Compose([*loading(arguments.image_size), *augmentation()])
    cache = CacheDataset(items, transforms, progress=False)
    loader = DataLoader(cache, batch_size=arguments.batch_size, shuffle=True, drop_last=True)
    network = new_network(workflow).to(arguments.device)
    trainer = SupervisedTrainer(
        device=torch.device(arguments.device),
        max_epochs=1,
        train_data_loader=loader,
        network=network,
        optimizer=torch.optim.AdamW(network.parameters(), 1e-3),
        loss_function=torch.nn.CrossEntropyLoss(),
    )
    return lambda: run_epoch(trainer, loader)


def step_alone(workflow: ConfigWorkflow, arguments: argparse.Namespace) -> Callable[[], int]:
    device = torch.device(arguments.device)
    network = new_network(workflow).to(device)
    network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    if arguments.compile:
        network.compile()
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3, fused=True)
    shape = (arguments.batch_size, 1, arguments.image_size, arguments.image_size)
    images = torch.randn(shape, device=device).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 3, (arguments.batch_size,), device=device)
    dtype = choose_precision("auto", device)
    count = max(arguments.images // arguments.batch_size, 1)

    def steps() -> int:
        for _ in range(count):
            with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
                logits = network(images)
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(logits.float(), labels).backward()
            optimizer.step()
        return count * arguments.batch_size

    return steps


def new_network(workflow: ConfigWorkflow) -> torch.nn.Module:
    network: torch.nn.Module = copy.deepcopy(workflow.parser.get_parsed_content("network_def"))
    return network


def run_epoch(trainer: SupervisedTrainer, loader: Any) -> int:
    trainer.state.max_epochs = trainer.state.epoch + 1
    before = trainer.state.iteration
    trainer.run()
    return int(trainer.state.iteration - before) * int(loader.batch_size)


if __name__ == "__main__":
    main()
