"""What the named networks cost: weights, and radiographs a second in training and in inference.

Each network takes turns with the others on the same random batch, in the precision that "auto" picks: a training step
(forward, loss, backward, AdamW), and a forward pass without gradients. The MURA study counts weights in its figure 12.

    python scripts/benchmark_networks.py [--networks densenet169,resnet50] [--device cuda] [--image-size 224]
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from pathlib import Path

import torch
from monai.bundle import ConfigParser

from benchmark_common import describe_machine, make_parser, publish, race
from radiobundle.training import AutocastInferer

COMMON = Path(__file__).parents[1] / "src" / "radiobundle" / "templates" / "engine" / "common.json"


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--networks", default="densenet169,resnet50,resnet18", help="default: %(default)s")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--classes", type=int, default=3)
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    networks = {name: build(name, arguments.classes).to(device) for name in arguments.networks.split(",")}
    images = torch.rand(arguments.batch_size, 1, arguments.image_size, arguments.image_size, device=device)
    images = images.to(memory_format=torch.channels_last)
    truth = torch.arange(arguments.batch_size, device=device) % arguments.classes
    training = {name: trainer(network, images, truth) for name, network in networks.items()}
    inference = {name: inferer(network, images) for name, network in networks.items()}
    trained = race(training, rounds=arguments.rounds, device=arguments.device)
    inferred = race(inference, rounds=arguments.rounds, device=arguments.device)
    rows = [
        {
            "network": name,
            "weights": f"{sum(weights.numel() for weights in network.parameters()):,}",
            "training, images/s": summary(trained[name]),
            "inference, images/s": summary(inferred[name]),
        }
        for name, network in networks.items()
    ]
    facts = {
        "machine": describe_machine(arguments.device),
        "images": f"{arguments.batch_size} of {arguments.image_size} px a batch",
    }
    publish("Networks", facts, rows, arguments.output)


def build(name: str, classes: int) -> torch.nn.Module:
    """Return a named network of the bundles' templates."""
    config = json.loads(COMMON.read_text("utf-8"))["networks"]
    if name not in config:
        raise SystemExit(f"there is no network '{name}'; there are {', '.join(key for key in config if key[0] != '_')}")
    parser = ConfigParser({"networks": config, "input_channels": 1, "num_classes": classes})
    network: torch.nn.Module = parser.get_parsed_content(f"networks#{name}")
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def trainer(network: torch.nn.Module, images: torch.Tensor, truth: torch.Tensor) -> Callable[[], int]:
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    infer = AutocastInferer(images.device)

    def step() -> int:
        network.train()
        logits = infer(images, network)
        torch.nn.functional.cross_entropy(logits, truth).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return len(images)

    return step


def inferer(network: torch.nn.Module, images: torch.Tensor) -> Callable[[], int]:
    infer = AutocastInferer(images.device)

    def forward() -> int:
        network.eval()
        infer(images, network)
        return len(images)

    return forward


def summary(speeds: list[float]) -> str:
    return f"{statistics.median(speeds):.1f} ({min(speeds):.1f} to {max(speeds):.1f})"


if __name__ == "__main__":
    main()
