"""Training speed of a bundle's default configuration, against the usual MONAI pipeline and against the bare step.

Three things train the same network on the same films in the same run: the usual MONAI pipeline (LoadImaged, Resized,
ScaleIntensityd, four random dictionary transforms, CacheDataset, SupervisedTrainer, float32), the bundle as
`python -m monai.bundle run training` runs it, and the training step alone on one batch that is already in memory (the
ceiling: same precision and memory format as the bundle). Rounds alternate between them, so that a slow moment of the
machine hits all three, and the median round counts.

    python scripts/benchmark_training.py [--device cpu] [--images 640] [--rounds 3] [--output benchmark.json]
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigWorkflow
from monai.data import CacheDataset, DataLoader
from monai.engines import SupervisedTrainer
from monai.transforms import (
    Compose,
    LoadImaged,
    RandAdjustContrastd,
    RandAffined,
    RandFlipd,
    RandGaussianNoised,
    Resized,
    ScaleIntensityd,
)

from radiobundle.cli import main as radiobundle
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.training.precision import choose_precision

BUNDLE = Path(__file__).parents[1] / "bundles" / "pneumonia"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--images", type=int, default=640, help="training films (synthetic)")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, help="also write JSON here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), arguments)
    print(to_markdown(result))
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n")


def measure(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    paths = make_films(folder, arguments.images)
    device = torch.device(arguments.device)
    bundle = load_bundle(paths, arguments)
    contenders: dict[str, Callable[[], int]] = {
        "usual MONAI pipeline": usual_epoch(paths, bundle, device, arguments.batch_size),
        "bundle, default configuration": bundle_epoch(bundle),
        "training step alone": step_alone(bundle, device, arguments.batch_size),
    }
    speeds: dict[str, list[float]] = {name: [] for name in contenders}
    for round_number in range(arguments.rounds + 1):
        for name, epoch in contenders.items():
            speed = time_epoch(epoch, device)
            if round_number:  # the first round warms up
                speeds[name].append(speed)
    median = {name: statistics.median(values) for name, values in speeds.items()}
    ours = median["bundle, default configuration"]
    return {
        "machine": describe_machine(device),
        "network": "ResNet18, 1 channel, 128 px",
        "batch_size": arguments.batch_size,
        "images": arguments.images,
        "rounds": arguments.rounds,
        "images_per_s": {name: [round(value, 1) for value in values] for name, values in speeds.items()},
        "ratio_to_usual": round(ours / median["usual MONAI pipeline"], 2),
        "ratio_to_step": round(ours / median["training step alone"], 2),
    }


def make_films(folder: Path, count: int) -> dict[str, str]:
    films, datalist = folder / "films", folder / "list.json"
    radiobundle(["phantom", "pneumonia", str(films), "--images", str(round(count / 0.8)), "--size", "150"])
    options = ["--split", "stratified", "--fractions", "0.8,0.1,0.1", "--duplicates", "none"]
    radiobundle(["datalist", "pneumonia", str(films), "--output", str(datalist), *options])
    names = ("dataset_dir", "datalist", "output_dir", "store_dir")
    return dict(zip(names, map(str, (films, datalist, folder / "output", folder / "store")), strict=True))


def load_bundle(paths: dict[str, str], arguments: argparse.Namespace) -> ConfigWorkflow:
    workflow = ConfigWorkflow(
        config_file=str(BUNDLE / "configs" / "train.json"),
        meta_file=str(BUNDLE / "configs" / "metadata.json"),
        logging_file=False,
        workflow_type="train",
        device=f"$torch.device('{arguments.device}')",
        batch_size=arguments.batch_size,
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


def usual_epoch(
    paths: dict[str, str], workflow: ConfigWorkflow, device: torch.device, batch_size: int
) -> Callable[[], int]:
    items = [
        {"image": str(Path(paths["dataset_dir"]) / item["image"]), "label": item["label"].index(1)}
        for item in read_datalist(paths["datalist"]).splits["training"]
    ]
    transforms = Compose(
        [
            LoadImaged("image", image_only=True, ensure_channel_first=True),
            Resized("image", (128, 128)),
            ScaleIntensityd("image"),
            RandFlipd("image", prob=0.5, spatial_axis=0),
            RandAffined("image", prob=0.5, rotate_range=0.17, translate_range=8, scale_range=0.1),
            RandAdjustContrastd("image", prob=0.5, gamma=(0.67, 1.5)),
            RandGaussianNoised("image", prob=0.5, std=0.04),
        ]
    )
    loader = DataLoader(CacheDataset(items, transforms, progress=False), batch_size=batch_size, shuffle=True)
    network = new_network(workflow).to(device)
    trainer = SupervisedTrainer(
        device=device,
        max_epochs=1,
        train_data_loader=loader,
        network=network,
        optimizer=torch.optim.AdamW(network.parameters(), 1e-3),
        loss_function=torch.nn.CrossEntropyLoss(),
    )
    return lambda: run_epoch(trainer, loader)


def step_alone(workflow: ConfigWorkflow, device: torch.device, batch_size: int) -> Callable[[], int]:
    network = new_network(workflow).to(device)
    network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3, fused=True)
    images = torch.randn(batch_size, 1, 128, 128, device=device).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 3, (batch_size,), device=device)
    dtype = choose_precision("auto", device)

    def steps() -> int:
        for _ in range(10):
            with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
                logits = network(images)
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(logits.float(), labels).backward()
            optimizer.step()
        return 10 * batch_size

    return steps


def new_network(workflow: ConfigWorkflow) -> torch.nn.Module:
    network: torch.nn.Module = copy.deepcopy(workflow.parser.get_parsed_content("network_def"))
    return network


def run_epoch(trainer: SupervisedTrainer, loader: Any) -> int:
    trainer.state.max_epochs = trainer.state.epoch + 1
    before = trainer.state.iteration
    trainer.run()
    return (trainer.state.iteration - before) * loader.batch_size


def time_epoch(epoch: Callable[[], int], device: torch.device) -> float:
    begin = time.perf_counter()
    images = epoch()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return images / (time.perf_counter() - begin)


def describe_machine(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    return f"{model}, {os.cpu_count()} cores, torch {torch.__version__}, {choose_precision('auto', 'cpu')}"


def to_markdown(result: dict[str, Any]) -> str:
    rows = [
        f"| {name} | {statistics.median(values):.0f} | {min(values):.0f} to {max(values):.0f} |"
        for name, values in result["images_per_s"].items()
    ]
    head = f"{result['network']}, batch {result['batch_size']}, {result['images']} films; {result['machine']}"
    ratios = (
        f"The bundle trains {result['ratio_to_usual']} times as fast as the usual pipeline and reaches "
        f"{result['ratio_to_step']} of the step alone."
    )
    return "\n".join([head, "", "| | images/s, median | rounds |", "|---|---|---|", *rows, "", ratios])


if __name__ == "__main__":
    main()
