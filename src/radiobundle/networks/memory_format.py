"""Channels-last memory format, but for the layers that a CPU's convolution library computes wrongly in it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

_BLOCK = 16  # channels that oneDNN treats together, at most


def use_channels_last(network: nn.Module) -> nn.Module:
    """Bring a 2D network into channels-last memory format, in place, and return it.

    On a CPU, a 1x1 convolution with a stride over few channels stays in contiguous format: oneDNN's gradient of its
    weights writes past its memory in channels-last format, which gives wrong numbers, a crash or a hang (oneDNN issue
    6035, seen with PyTorch 2.13 on processors without AVX-512).
    """
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and _is_narrow(module) and module.weight.device.type == "cpu":
            module.weight.data = module.weight.data.clone(memory_format=torch.contiguous_format)
            module.register_forward_pre_hook(_contiguous)
    return network


def _is_narrow(module: nn.Conv2d) -> bool:
    is_strided_1x1 = module.kernel_size == (1, 1) and module.stride != (1, 1)
    return is_strided_1x1 and 1 < module.in_channels // module.groups < _BLOCK


def _contiguous(module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (inputs[0].contiguous(), *inputs[1:])
