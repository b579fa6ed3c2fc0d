"""Convolutions whose output batch normalisation alone reads, found by watching a network's forward pass."""

from __future__ import annotations

import inspect
import operator
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.functional import batch_norm
from torch.overrides import TorchFunctionMode

CONVOLUTIONS = (torch.conv1d, torch.conv2d, torch.conv3d)
_ARGUMENTS = inspect.signature(batch_norm).parameters
_OF_THE_SHAPE = ("__get__", "dim", "size", "stride", "numel", "is_contiguous")

Weights = tuple[torch.Tensor, torch.Tensor]


class Pair(NamedTuple):
    """The tensors of a convolution and of the batch normalisation that alone reads its output."""

    weight: torch.Tensor
    bias: torch.Tensor | None
    mean: torch.Tensor
    variance: torch.Tensor
    scale: torch.Tensor | None
    shift: torch.Tensor | None
    eps: float

    @property
    def tensors(self) -> list[torch.Tensor]:
        """All of them."""
        return [value for value in self if isinstance(value, torch.Tensor)]

    def folded(self, dtype: torch.dtype) -> Weights:
        """Return weight and bias of the convolution that does both (Jacob et al. 2018, section 3.2)."""
        weight, bias = nn.utils.fusion.fuse_conv_bn_weights(
            self.weight, self.bias, self.mean, self.variance, self.eps, self.scale, self.shift
        )
        return weight.detach().to(dtype), bias.detach().to(dtype)

    def is_normalised_by(self, call: Normalisation) -> bool:
        """Whether this is its batch normalisation, in evaluation mode."""
        own = (self.mean, self.variance, self.scale, self.shift)
        return not call.training and call.eps == self.eps and all(map(operator.is_, call[1:5], own))


class Normalisation(NamedTuple):
    """A call of `torch.nn.functional.batch_norm`."""

    inputs: torch.Tensor
    mean: torch.Tensor | None
    variance: torch.Tensor | None
    scale: torch.Tensor | None
    shift: torch.Tensor | None
    training: bool
    eps: float


def normalisation_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Normalisation:
    """Return a call of it from its arguments."""
    given = {**dict(zip(_ARGUMENTS, args, strict=False)), **kwargs}
    mean, variance, scale, shift = (given.get(name) for name in ("running_mean", "running_var", "weight", "bias"))
    training, eps = given.get("training", False), given.get("eps", _ARGUMENTS["eps"].default)
    return Normalisation(given["input"], mean, variance, scale, shift, training, eps)


class Recorder(TorchFunctionMode):
    """Notes which function reads what."""

    def __init__(self) -> None:
        super().__init__()
        self._reads: Counter[int] = Counter()
        self._convolved: dict[int, tuple[Any, ...]] = {}
        self._normalised: list[Normalisation] = []
        self._kept: list[Any] = []  # so that no two tensors have the same identity

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call the function."""
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        self._kept.append((output, args, kwargs))
        if reads_values(func, output):
            self._reads.update(id(tensor) for tensor in tensors_in(args, kwargs))
        if func in CONVOLUTIONS and len(args) > 2:
            self._convolved[id(output)] = args
        if func is batch_norm:
            self._normalised.append(normalisation_of(args, kwargs))
        return output

    def pairs(self) -> list[Pair]:
        """Return the pairs of which nothing else reads the weight or what lies between."""
        found = []
        for call in self._normalised:
            convolution = self._convolved.get(id(call.inputs))
            if convolution is None or call.training or call.mean is None or call.variance is None:
                continue
            _, weight, bias, *_ = convolution
            computed = [value for value in (weight, bias) if value is not None and not isinstance(value, nn.Parameter)]
            if not computed and self._reads[id(weight)] == self._reads[id(call.inputs)] == 1:
                found.append(Pair(weight, bias, call.mean, call.variance, call.scale, call.shift, call.eps))
        return found


def reads_values(func: Any, output: Any) -> bool:
    """Whether a function asks for more than shape or type."""
    return isinstance(output, torch.Tensor) or getattr(func, "__name__", "") not in _OF_THE_SHAPE


def tensors_in(args: Any, kwargs: Any) -> Iterator[torch.Tensor]:
    """Yield the tensors among a function's arguments, also those in lists."""
    for value in (*args, *(kwargs or {}).values()):
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from tensors_in(value, None)
