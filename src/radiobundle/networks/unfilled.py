"""Networks that are built without random numbers, because their weights are loaded next."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

_RANDOM = {
    nn.init.uniform_, nn.init.normal_, nn.init.trunc_normal_, nn.init.xavier_uniform_, nn.init.xavier_normal_,
    nn.init.kaiming_uniform_, nn.init.kaiming_normal_, nn.init.orthogonal_, nn.init.sparse_, torch.Tensor.normal_,
    torch.Tensor.uniform_,
}  # fmt: skip


class Unfilled(TorchFunctionMode):
    """A context, for its thread alone, in which tensors are not filled with random numbers.

    That takes most of the time in which a network is built. Its tensors hold whatever was in their memory until all of
    them are loaded.

    >>> with Unfilled():
    ...     network = nn.Linear(3, 2)
    >>> network.weight.shape
    torch.Size([2, 3])
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call the function, unless it only fills a tensor with random numbers."""
        kwargs = kwargs or {}
        if func in _RANDOM:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)
