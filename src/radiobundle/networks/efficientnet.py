"""torchvision's EfficientNet, and whether a network computes like the library that its weights come from."""

from __future__ import annotations

from typing import Literal

from monai.networks.nets import EfficientNet, EfficientNetBN
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from radiobundle.suggest import check_choice

Library = Literal["torchvision", "EfficientNet-PyTorch"]
_NAMES = tuple(f"efficientnet-b{number}" for number in range(8))
_BLOCKS_OF_B4 = 32
_BUILDERS = {
    "torchvision": "radiobundle.networks.torchvision_efficientnet",
    "EfficientNet-PyTorch": "monai.networks.nets.EfficientNetBN",
}


def torchvision_efficientnet(model_name: str, *, in_channels: int = 1, num_classes: int = 14) -> EfficientNetBN:
    """Return MONAI's EfficientNet with torchvision's padding and batch normalisation, for weights trained there.

    The tensors are the same, the arithmetic is not. MONAI follows EfficientNet-PyTorch and TensorFlow: it pads for the
    model's own image size (B0 224 px, B4 380 px), more on the right and below where the stride is 2, whatever the size
    of the images is, and batch normalisation adds 0.001 to the variance. Torchvision pads by half of each kernel on
    every side; its B0 to B4 were trained with torch's batch normalisation (eps 1e-5, momentum 0.1), its B5 to B7 with
    eps 0.001 and momentum 0.01.
    Source: Tan and Le 2019; torchvision's `models.efficientnet`; measured by `scripts/check_pretrained_parity.py`.

    Args:
        model_name: "efficientnet-b0" to "efficientnet-b7", MONAI's names.
        in_channels: channels of the image.
        num_classes: number of logits.

    Shape:
        (batch, in_channels, height, width) to logits (batch, num_classes); any size.

    Raises:
        ValueError: torchvision has no network of this name.

    >>> import torch
    >>> torchvision_efficientnet("efficientnet-b0", num_classes=3).eval()(torch.zeros(2, 1, 64, 64)).shape
    torch.Size([2, 3])
    """
    check_choice("model_name", model_name, _NAMES)
    network = EfficientNetBN(model_name, pretrained=False, in_channels=in_channels, num_classes=num_classes)
    eps, momentum = _torchvision_norm(network)
    for name, module in list(network.named_modules()):
        if isinstance(module, _BatchNorm):
            module.eps, module.momentum = eps, momentum
        elif isinstance(module, nn.Conv2d):
            module.padding = _half_kernel(module)
            parent, _, own = name.rpartition(".")
            setattr(network.get_submodule(parent), f"{own}_padding", nn.Identity())
    return network


def difference_from(network: nn.Module, library: Library) -> str:
    """Return why a library's weights would give different features in an EfficientNet, and the fix; empty if not.

    Other networks than EfficientNet have no difference.
    """
    if not isinstance(network, EfficientNet):
        return ""
    of_torchvision = library == "torchvision"
    eps = _torchvision_norm(network)[0] if of_torchvision else 0.001
    wanted = {"padding": _padding_word(of_torchvision), "batch-norm eps": f"{eps:g}"}
    found = {"padding": _padding_word(_pads_half_kernels(network)), "batch-norm eps": _norm_eps(network)}
    differences = [f"{key} {found[key]} instead of {wanted[key]}" for key in wanted if found[key] != wanted[key]]
    if not differences:
        return ""
    return (
        f"weights from {library} would give different features in this network ({', '.join(differences)}); build it "
        f"with {_BUILDERS[library]}"
    )


def _torchvision_norm(network: EfficientNet) -> tuple[float, float]:
    """Return eps and momentum with which torchvision trained the network of this depth."""
    blocks = sum(len(list(stage.children())) for stage in network._blocks)
    return (1e-5, 0.1) if blocks <= _BLOCKS_OF_B4 else (1e-3, 0.01)


def _half_kernel(convolution: nn.Conv2d) -> tuple[int, ...]:
    return tuple(size // 2 for size in convolution.kernel_size)


def _pads_half_kernels(network: nn.Module) -> bool:
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    return all(convolution.padding == _half_kernel(convolution) for convolution in convolutions)


def _padding_word(half_kernels: bool) -> str:
    return "by half of each kernel" if half_kernels else "by the model's image size"


def _norm_eps(network: nn.Module) -> str:
    return ", ".join(sorted({f"{module.eps:g}" for module in network.modules() if isinstance(module, _BatchNorm)}))
