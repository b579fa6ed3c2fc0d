"""The names of the tensors of MONAI's networks in other libraries."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from radiobundle.networks.efficientnet import Library

_BLOCK_PART = re.compile(r"_blocks\.(\d+)\.(\d+)\.(\w+)")  # of MONAI's EfficientNet: stage, block, part
_STEPS = (  # of a block of MONAI's EfficientNet: its parts, and how torchvision names them within the step
    {"_expand_conv": "0", "_bn0": "1"},
    {"_depthwise_conv": "0", "_bn1": "1"},
    {"_se_reduce": "fc1", "_se_expand": "fc2"},
    {"_project_conv": "0", "_bn2": "1"},
)
# RadImageNet's networks are sequences of torchvision's parts, so that these have numbers for names.
_NUMBERED = {"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7", "features": "0"}


@dataclass(frozen=True)
class Layout:
    """How one library names the tensors of a network.

    Attributes:
        names: the network's name of each tensor, by the library's.
        library: the library, if its arithmetic may differ, see `difference_from`; None: unknown, or the same.
    """

    names: dict[str, str]
    library: Library | None = None


def find_layout(own: Collection[str], found: Collection[str]) -> Layout:
    """Return the layout that explains most of the names in a file; on a tie, the network's own.

    Args:
        own: names of the tensors of a network of MONAI or timm, in its order.
        found: names in the file.

    >>> find_layout(["_blocks.1.2._bn1.bias"], ["_blocks.2._bn1.bias"]).names
    {'_blocks.2._bn1.bias': '_blocks.1.2._bn1.bias'}
    >>> find_layout(["class_layers.out.bias"], ["classifier.bias"]).names
    {'classifier.bias': 'class_layers.out.bias'}
    """
    layouts = (
        Layout({name: name for name in own}),  # torchvision's and timm's ResNet too
        Layout({_plain_densenet(name): name for name in own}),
        Layout({_published_densenet(name): name for name in own}),
        Layout({_numbered_parts(name): name for name in own}),
        Layout({_efficientnet_pytorch(name): name for name in own}, "EfficientNet-PyTorch"),
        Layout(_torchvision_efficientnet(own), "torchvision"),
        Layout({_eva_x(name): name for name in own}),
    )
    return max(layouts, key=lambda layout: len(layout.names.keys() & set(found)))


def _plain_densenet(name: str) -> str:
    """Return the name in torchxrayvision's and timm's DenseNet, and in one that torchvision has saved."""
    return name.replace(".layers.", ".").replace("class_layers.out.", "classifier.")


def _published_densenet(name: str) -> str:
    """Return the name in torchvision's published files of DenseNet, which are older: `norm.1` for `norm1`."""
    return re.sub(r"(\.denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", _plain_densenet(name))


def _numbered_parts(name: str) -> str:
    """Return the name in RadImageNet's ResNet and DenseNet, which have no last layer."""
    part, _, rest = _plain_densenet(name).partition(".")
    return f"backbone.{_NUMBERED[part]}.{rest}" if part in _NUMBERED else name


def _efficientnet_pytorch(name: str) -> str:
    """Return the name in EfficientNet-PyTorch, which has no stages; MONAI numbers blocks through as well."""
    return re.sub(r"^_blocks\.\d+\.", "_blocks.", name)


def _eva_x(name: str) -> str:
    """Return the name in EVA-02 and EVA-X before fine-tuning, of timm's `Eva`."""
    renamed = name.replace(".mlp.fc1.", ".mlp.w12.").replace(".mlp.fc2.", ".mlp.w3.")
    return re.sub(r"^fc_norm\.", "norm.", renamed)


def _torchvision_efficientnet(own: Collection[str]) -> dict[str, str]:
    """Return the network's names by torchvision's, which counts stages from 1, blocks and steps that exist from 0."""
    stages: dict[str, dict[str, list[str]]] = {}
    for module in dict.fromkeys(name.rpartition(".")[0] for name in own):
        if match := _BLOCK_PART.fullmatch(module):
            stage, block, part = match.groups()
            stages.setdefault(stage, {}).setdefault(block, []).append(part)
    head = len(stages) + 1
    modules = {
        "_conv_stem": "features.0.0",
        "_bn0": "features.0.1",
        "_conv_head": f"features.{head}.0",
        "_bn1": f"features.{head}.1",
        "_fc": "classifier.1",
    }
    for count, (stage, blocks) in enumerate(stages.items(), start=1):
        for position, (block, parts) in enumerate(blocks.items()):
            for step, names in enumerate(names for names in _STEPS if names.keys() & set(parts)):
                theirs = f"features.{count}.{position}.block.{step}"
                modules |= {f"_blocks.{stage}.{block}.{part}": f"{theirs}.{name}" for part, name in names.items()}
    renamed = {}
    for name in own:
        module, _, tensor = name.rpartition(".")
        renamed[f"{modules.get(module, module)}.{tensor}"] = name
    return renamed
