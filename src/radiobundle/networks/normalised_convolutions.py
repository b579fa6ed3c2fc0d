"""Convolutions whose output batch normalisation alone reads, found by watching a network's forward pass."""

from __future__ import annotations

import inspect
import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.functional import batch_norm
from torch.overrides import TorchFunctionMode

CONVOLUTIONS = (torch.conv1d, torch.conv2d, torch.conv3d)
_ARGUMENTS = inspect.signature(batch_norm).parameters
_OF_THE_SHAPE = ("__get__", "dim", "size", "stride", "numel", "is_contiguous")

Weights = tuple[torch.Tensor, torch.Tensor]


class Normalisation(NamedTuple):
    """The arguments of a call of `torch.nn.functional.batch_norm`, apart from what it normalises."""

    mean: torch.Tensor | None
    variance: torch.Tensor | None
    scale: torch.Tensor | None
    shift: torch.Tensor | None
    training: bool
    eps: float

    def is_same(self, other: Normalisation) -> bool:
        """Whether the other has the same tensors and settings."""
        return self[4:] == other[4:] and all(map(operator.is_, self[:4], other[:4]))


class Pair(NamedTuple):
    """The tensors of a convolution and of the batch normalisation that alone reads its output."""

    weight: torch.Tensor
    bias: torch.Tensor | None
    normalisation: Normalisation

    @property
    def tensors(self) -> list[torch.Tensor]:
        """All of them."""
        return list(tensors_in((self.weight, self.bias, *self.normalisation)))

    def folded(self, dtype: torch.dtype) -> Weights:
        """Return weight and bias of the convolution that does both (Jacob et al. 2018, section 3.2)."""
        mean, variance, scale, shift, _, eps = self.normalisation
        assert mean is not None and variance is not None
        weight, bias = nn.utils.fusion.fuse_conv_bn_weights(self.weight, self.bias, mean, variance, eps, scale, shift)
        return weight.detach().to(dtype), bias.detach().to(dtype)


def normalised_by(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[torch.Tensor, Normalisation]:
    """Return what a call of `batch_norm` normalises, and how, from its arguments."""
    given = {**dict(zip(_ARGUMENTS, args, strict=False)), **kwargs}
    mean, variance, scale, shift = map(given.get, ("running_mean", "running_var", "weight", "bias"))
    training, eps = given.get("training", False), given.get("eps", _ARGUMENTS["eps"].default)
    return given["input"], Normalisation(mean, variance, scale, shift, training, eps)


class Recorder(TorchFunctionMode):
    """Notes which function reads what."""

    def __init__(self) -> None:
        super().__init__()
        self._reads: Counter[int] = Counter()
        self._convolved: dict[int, tuple[Any, ...]] = {}
        self._normalised: list[tuple[torch.Tensor, Normalisation]] = []
        self._kept: list[Any] = []  # so that no two tensors have the same identity

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call the function."""
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        self._kept.append((output, args, kwargs))
        if reads_values(func, output):
            self._reads.update(id(tensor) for tensor in tensors_in((*args, *kwargs.values())))
        if func in CONVOLUTIONS and len(args) > 2:
            self._convolved[id(output)] = args
        if func is batch_norm:
            self._normalised.append(normalised_by(args, kwargs))
        return output

    def pairs(self) -> list[Pair]:
        """Return the pairs of which nothing else reads the weight or what lies between."""
        found = []
        for inputs, normalisation in self._normalised:
            convolution = self._convolved.get(id(inputs))
            if convolution is None or normalisation.training:
                continue
            _, weight, bias, *_ = convolution
            computed = [value for value in (weight, bias) if value is not None and not isinstance(value, nn.Parameter)]
            if not computed and self._reads[id(weight)] == self._reads[id(inputs)] == 1:
                found.append(Pair(weight, bias, normalisation))
        return found


def reads_values(func: Any, output: Any) -> bool:
    """Whether a function asks for more than shape or type."""
    return isinstance(output, torch.Tensor) or getattr(func, "__name__", "") not in _OF_THE_SHAPE


def tensors_in(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    """Yield the tensors among values, also those in lists."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from tensors_in(value)
