"""The running statistics of batch normalisation: how fast they follow the batches, and measuring them again."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import update_bn


def set_batch_norm_momentum(network: nn.Module, momentum: float | None) -> nn.Module:
    """Give every batch normalisation a momentum, the part of a batch in the running statistics; return the network.

    None leaves the network's own (0.1 in PyTorch; EfficientNet 0.01).

    Raises:
        ValueError: the momentum does not lie above 0 and up to 1, or the network has no batch normalisation.

    >>> set_batch_norm_momentum(nn.Sequential(nn.BatchNorm2d(1)), 0.3)[0].momentum
    0.3
    """
    if momentum is None:
        return network
    if not 0 < momentum <= 1:
        raise ValueError(f"batch_norm_momentum must lie above 0 and up to 1 (or be null), got {momentum}")
    require_batch_norm(network, "batch_norm_momentum")
    for module in _batch_norms(network):
        module.momentum = momentum
    return network


def measure_batch_norm(network: nn.Module, batches: Iterable[torch.Tensor], device: torch.device | str) -> None:
    """Measure means and variances again, as the average over batches (batch, channels, height, width).

    Frozen layers, which stay in evaluation mode, keep theirs. A network without batch normalisation stays as it is.

    Raises:
        ValueError: there are no batches.
    """
    left = iter(batches)
    if (first := next(left, None)) is None:
        raise ValueError("there are no images to measure batch normalisation with")
    network.train()
    frozen = [module for module in _batch_norms(network) if not module.training]
    kept = [{name: value.clone() for name, value in module.named_buffers()} for module in frozen]
    update_bn(itertools.chain([first], left), network, device=torch.device(device))
    for module, values in zip(frozen, kept, strict=True):
        module.load_state_dict(values, strict=False)


def require_batch_norm(network: nn.Module, setting: str) -> None:
    """Refuse a setting that needs batch normalisation where there is none.

    Raises:
        ValueError: the network has no batch normalisation.
    """
    if not _batch_norms(network):
        raise ValueError(f"{setting}: the network has no batch normalisation; set it to null (--{setting} '$None')")


def _batch_norms(network: nn.Module) -> list[_BatchNorm]:
    return [module for module in network.modules() if isinstance(module, _BatchNorm)]
