"""Do MONAI's networks compute from other libraries' weights what those libraries' own networks do?

Builds each network of torchvision, timm, torchxrayvision, RadImageNet (parts of torchvision's), EfficientNet-PyTorch
and efficientnet-lite-pytorch with random weights and batch statistics, loads them by `transfer_weights`, and compares
outputs in evaluation mode; where the library has no last layer, ours becomes the identity. With as many channels as the
library has the difference must be 0: the same operations on the same numbers. With one channel instead of three it is
that of a gray image and the same three times, where only the order of additions differs. No library is a dependency;
what is not installed is left out, visibly:

    pip install --no-deps torchvision efficientnet_pytorch efficientnet_lite_pytorch timm torchxrayvision
    python scripts/check_pretrained_parity.py [--networks efficientnet_b4 ...] [--sizes 224 225] [--double]

The exit status is 1 where equal channels differ, or nothing was compared. EfficientNet-lite0 pads for 224 px, which is
TensorFlow's padding for multiples of 32 px; timm computes it anew for every size, so another size differs there.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
from monai.networks.nets import DenseNet121, DenseNet169, EfficientNetBN, resnet18, resnet50
from torch import nn

from radiobundle.networks import efficientnet_lite0, torchvision_efficientnet
from radiobundle.networks.transfer import last_layer, transfer_weights
from radiobundle.pretrained.load import build_network
from radiobundle.pretrained.registry import find_entry

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
    print("| network | library | size, px | spread of an output | equal channels | one channel, sum |")
    print("|---|---|---|---|---|---|")
    equal = []
    for library, (name, original, ours) in cases():
        if arguments.networks and name not in arguments.networks:
            continue
        found = with_statistics(original(), random_images(16, 160))
        for size in fitting_sizes(found, arguments.sizes):
            spread, three, one = compare(found, ours, random_images(arguments.images, size))
            equal.append(three == 0)
            gray = "–" if one is None else f"{one:.2g}"
            print(f"| {name} | {library} | {size} | {spread:.2g} | {three:.2g} | {gray} |", flush=True)
    sys.exit(0 if equal and all(equal) else 1)


def cases() -> Iterator[tuple[str, Case]]:
    libraries = {
        "torchvision": torchvision_cases,
        "RadImageNet": radimagenet_cases,
        "efficientnet_pytorch": luke_cases,
        "efficientnet_lite_pytorch": lite_cases,
        "timm": timm_cases,
        "torchxrayvision": torchxrayvision_cases,
    }
    for library, list_cases in libraries.items():
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
        ("densenet121", models.densenet121, densenet121_of(CLASSES)),
        ("densenet169", models.densenet169, lambda channels: DenseNet169(2, channels, CLASSES)),
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


def lite_cases() -> list[Case]:
    library = importlib.import_module("efficientnet_lite_pytorch")
    return [("efficientnet-lite0", lambda: library.EfficientNet.from_name("efficientnet-lite0"), lite0)]


def lite0(channels: int) -> nn.Module:
    return efficientnet_lite0(in_channels=channels, num_classes=CLASSES)


def timm_cases() -> list[Case]:
    import_torchvision()
    library = importlib.import_module("timm")
    return [
        ("resnet50 of timm", lambda: library.create_model("resnet50"), resnet50_of(CLASSES)),
        ("densenet121 of timm", lambda: library.create_model("densenet121"), densenet121_of(CLASSES)),
        ("densenet121 of timm, no last layer", lambda: library.create_model("densenet121", num_classes=0),
         densenet121_of(None)),
        ("tf_efficientnet_lite0", lambda: Renamed(library.create_model("tf_efficientnet_lite0")), lite0),
        ("vit_small_patch16_224", lambda: entry_network("vit_small_imagenet", 3), vit_small),
        ("EVA-X small, names of its file", lambda: PublishedEvaX(entry_network("eva_x_small", 3)), eva_x_small),
    ]  # fmt: skip


def vit_small(channels: int) -> nn.Module:
    return entry_network("vit_small_imagenet", channels)


def eva_x_small(channels: int) -> nn.Module:
    return headed(entry_network("eva_x_small", channels), None)


def entry_network(name: str, channels: int) -> nn.Module:
    """Return the network of a registered entry, which for vision transformers is timm's own, for other channels."""
    entry = find_entry(name)
    return build_network(replace(entry, network={**entry.network, "in_chans": channels}))


class PublishedEvaX(nn.Module):
    """EVA-X as its authors' loader builds it from timm's `Eva`: features of all patches averaged, no last layer."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:  # noqa: D102
        network: Any = self.network
        tokens, rotation = network._pos_embed(network.patch_embed(images))
        for block in network.blocks:
            tokens = block(tokens, rope=rotation)
        features: torch.Tensor = network.fc_norm(tokens[:, 1:].mean(1))
        return features

    def state_dict(self, *_: Any, **__: Any) -> Any:  # noqa: D102
        theirs = {}
        for name, value in self.network.state_dict().items():
            renamed = name.replace("mlp.fc1", "mlp.w12").replace("mlp.fc2", "mlp.w3").replace("fc_norm", "norm")
            theirs[renamed] = value
        pretraining = {"mask_token": torch.zeros(1, 1, 384), "lm_head.weight": torch.zeros(512, 384)}
        return {name: value for name, value in {**theirs, **pretraining}.items() if not name.startswith("head.")}


class Renamed(nn.Module):
    """timm's EfficientNet-lite0 under the names of the published file: the same tensors in the same order."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:  # noqa: D102
        found: torch.Tensor = self.network(images)
        return found

    def state_dict(self, *_: Any, **__: Any) -> Any:  # noqa: D102
        theirs, ours = self.network.state_dict(), lite0(3).state_dict()
        return dict(zip(ours, theirs.values(), strict=True))


def torchxrayvision_cases() -> list[Case]:
    import_torchvision()
    library = importlib.import_module("torchxrayvision.models")
    return [("densenet121 of torchxrayvision", library.DenseNet, lambda channels: DenseNet121(2, channels, 18))]


def radimagenet_cases() -> list[Case]:
    models = import_torchvision().models

    class Backbone(nn.Module):
        """As in the authors' pytorch_example.ipynb: torchvision's parts in a sequence, without the last layer."""

        def __init__(self, network: nn.Module, *, relu: bool) -> None:
            super().__init__()
            self.backbone = nn.Sequential(*list(network.children())[:-1])
            self.relu = relu

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            features = self.backbone(images)
            features = features.relu() if self.relu else features
            return nn.functional.adaptive_avg_pool2d(features, 1).flatten(1)

    return [
        ("resnet50 of RadImageNet", lambda: Backbone(models.resnet50(), relu=False), resnet50_of(None)),
        ("densenet121 of RadImageNet", lambda: Backbone(models.densenet121(), relu=True), densenet121_of(None)),
    ]


def resnet50_of(classes: int | None) -> Callable[[int], nn.Module]:
    layout: dict[str, Any] = {"spatial_dims": 2, "conv1_t_stride": 2, "bias_downsample": False}
    return lambda channels: headed(
        resnet50(n_input_channels=channels, num_classes=classes or CLASSES, **layout), classes
    )


def densenet121_of(classes: int | None) -> Callable[[int], nn.Module]:
    return lambda channels: headed(DenseNet121(2, channels, classes or CLASSES), classes)


def headed(network: nn.Module, classes: int | None) -> nn.Module:
    """Mark a network whose last layer the library lacks, see `compare`."""
    network.without_head = classes is None  # type: ignore[assignment]
    return network


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
    network(images[:, : channels_of(network)])
    return network.eval()


def fitting_sizes(network: nn.Module, sizes: list[int]) -> list[int]:
    """Return the sizes that a vision transformer can divide into patches; for other networks all."""
    patch = max((module.stride[0] for module in network.modules() if isinstance(module, nn.Conv2d)), default=1)
    return [size for size in sizes if patch < 16 or size % patch == 0]


def channels_of(network: nn.Module) -> int:
    return next(module.in_channels for module in network.modules() if isinstance(module, nn.Conv2d))


def random_images(number: int, size: int) -> torch.Tensor:
    """Return smooth, nearly gray images (number, 3, size, size) with some noise; of noise all averages are equal."""
    coarse = torch.rand(number, 1, 7, 7) + 0.2 * torch.randn(number, 3, 7, 7)
    smooth = nn.functional.interpolate(coarse, (size, size), mode="bilinear")
    return smooth + 0.2 * torch.randn(number, 1, size, size)


@torch.inference_mode()
def compare(
    original: nn.Module, ours: Callable[[int], nn.Module], images: torch.Tensor
) -> tuple[float, float, float | None]:
    """Return the standard deviation of an output over images, and the largest difference with equal channels and one.

    The latter is None for a library whose network takes one channel itself.
    """
    own_channels = channels_of(original)
    gray, given = images[:, :1], images[:, :own_channels]
    expected = original(given)
    equal = largest_difference(original, ours(own_channels), given, expected)
    if own_channels == 1:
        return expected.std(0).mean().item(), equal, None
    one = largest_difference(original, ours(1), gray, original(gray.expand(-1, own_channels, -1, -1)))
    return expected.std(0).mean().item(), equal, one


def largest_difference(original: nn.Module, ours: nn.Module, images: torch.Tensor, expected: torch.Tensor) -> float:
    transfer_weights(ours, original.state_dict())
    if getattr(ours, "without_head", False):
        name = last_layer(ours)
        setattr(ours.get_submodule(name.rpartition(".")[0]), name.rpartition(".")[2], nn.Identity())
    return (ours.eval()(images) - expected).abs().max().item()


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
