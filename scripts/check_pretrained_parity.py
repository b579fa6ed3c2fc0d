"""Do MONAI's networks compute from other libraries' weights what those libraries' own networks do?

Builds each network of torchvision and EfficientNet-PyTorch with random weights and batch statistics, loads them by
`transfer_weights`, and compares outputs in evaluation mode. With three channels the difference must be 0: the same
operations on the same numbers. With one channel it is that of a gray image and the same three times, where only the
order of additions differs. Neither library is a dependency; what is not installed is left out, visibly:

    pip install --no-deps torchvision efficientnet_pytorch
    python scripts/check_pretrained_parity.py [--networks efficientnet_b4 ...] [--sizes 224 225] [--double]

The exit status is 1 where three channels differ, or nothing was compared.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from monai.networks.nets import DenseNet121, EfficientNetBN, resnet18, resnet50
from torch import nn

from radiobundle.networks import torchvision_efficientnet
from radiobundle.networks.transfer import transfer_weights

CLASSES = 1000
# Of the library's network: its name, how to build it, and how to build ours, given the channels.
Case = tuple[str, Callable[[], nn.Module], Callable[[int], nn.Module]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", help="names of the first column; all without it")
    parser.add_argument("--sizes", type=int, nargs="+", default=[224, 225], help="height and width, px")
    parser.add_argument("--double", action="store_true", help="float64: shows that what is left is rounding")
    parser.add_argument("--images", type=int, default=4)
    arguments = parser.parse_args()
    if arguments.double:
        torch.set_default_dtype(torch.float64)
    dtype = torch.get_default_dtype()
    print(f"torch {torch.__version__}, {dtype}: largest absolute difference of {CLASSES} logits\n")
    print("| network | library | size, px | spread of a logit | three channels | one channel, sum |")
    print("|---|---|---|---|---|---|")
    equal = []
    for library, (name, original, ours) in cases():
        if arguments.networks and name not in arguments.networks:
            continue
        found = with_statistics(original(), random_images(16, 160))
        for size in arguments.sizes:
            spread, three, one = compare(found, ours, random_images(arguments.images, size))
            equal.append(three == 0)
            print(f"| {name} | {library} | {size} | {spread:.2g} | {three:.2g} | {one:.2g} |", flush=True)
    sys.exit(0 if equal and all(equal) else 1)


def cases() -> Iterator[tuple[str, Case]]:
    for library, list_cases in (("torchvision", torchvision_cases), ("efficientnet_pytorch", luke_cases)):
        try:
            yield from ((library, case) for case in list_cases())
        except ModuleNotFoundError as error:
            print(f"{library} left out: {error}", file=sys.stderr)


def torchvision_cases() -> list[Case]:
    models = import_torchvision().models
    layout: dict[str, Any] = {"spatial_dims": 2, "num_classes": CLASSES, "conv1_t_stride": 2, "bias_downsample": False}
    found: list[Case] = [
        ("resnet18", models.resnet18, lambda channels: resnet18(n_input_channels=channels, **layout)),
        ("resnet50", models.resnet50, lambda channels: resnet50(n_input_channels=channels, **layout)),
        ("densenet121", models.densenet121,
         lambda channels: DenseNet121(spatial_dims=2, in_channels=channels, out_channels=CLASSES)),
    ]  # fmt: skip
    names = (f"efficientnet_b{number}" for number in range(8))
    return found + [(name, getattr(models, name), torchvision_ours(name)) for name in names]


def torchvision_ours(name: str) -> Callable[[int], nn.Module]:
    own = name.replace("_", "-")
    return lambda channels: torchvision_efficientnet(own, in_channels=channels, num_classes=CLASSES)


def luke_cases() -> list[Case]:
    library = importlib.import_module("efficientnet_pytorch")

    def case(name: str) -> Case:
        def original() -> Any:
            network = library.EfficientNet.from_name(name)
            network.set_swish(memory_efficient=False)  # torch's SiLU, as in MONAI; the other one rounds twice
            return network

        return name, original, lambda channels: EfficientNetBN(name, pretrained=False, in_channels=channels)

    return [case(f"efficientnet-b{number}") for number in range(8)]


def import_torchvision() -> Any:
    """Import torchvision, also beside a build of torch for which its compiled operators do not load: none is needed."""
    try:
        return importlib.import_module("torchvision")
    except RuntimeError:
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        for operator in ("nms", "qnms"):
            torch.library.define(
                f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )
        return importlib.import_module("torchvision")


@torch.inference_mode()
def with_statistics(network: nn.Module, images: torch.Tensor) -> nn.Module:
    """Scale at random and keep the statistics of these images; a new network's would let no image reach the logits."""
    norms = [module for module in network.eval().modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, std=0.2)
        norm.train().momentum = 1.0
    network(images)
    return network.eval()


def random_images(number: int, size: int) -> torch.Tensor:
    """Return smooth, nearly gray images (number, 3, size, size) with some noise; of noise all averages are equal."""
    coarse = torch.rand(number, 1, 7, 7) + 0.2 * torch.randn(number, 3, 7, 7)
    smooth = nn.functional.interpolate(coarse, (size, size), mode="bilinear")
    return smooth + 0.2 * torch.randn(number, 1, size, size)


@torch.inference_mode()
def compare(original: nn.Module, ours: Callable[[int], nn.Module], images: torch.Tensor) -> tuple[float, float, float]:
    """Return the standard deviation of a logit over images, and the largest difference with three channels and one."""
    expected, gray = original(images), images[:, :1]
    differences = []
    for channels, given, wanted in ((3, images, expected), (1, gray, original(gray.expand(-1, 3, -1, -1)))):
        network = ours(channels)
        transfer_weights(network, original.state_dict())
        differences.append((network.eval()(given) - wanted).abs().max().item())
    return expected.std(0).mean().item(), differences[0], differences[1]


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
