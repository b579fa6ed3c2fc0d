"""Batch normalisation folded into the convolutions before it, while a network predicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import nn
from torch.fx import Node, Tracer
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils.fusion import fuse_conv_bn_weights

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_NORMALISATIONS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_SAMPLE = 64  # values of each tensor that are compared


class Pair(NamedTuple):
    """A convolution and the batch normalisation that alone reads its output."""

    convolution: _ConvNd
    normalisation: _BatchNorm

    @property
    def is_watched(self) -> bool:
        """Whether a hook looks at what lies between the two."""
        return bool(self.convolution._forward_hooks or self.normalisation._forward_pre_hooks)


class _LayerTracer(Tracer):
    """Follows the forward pass from layer to layer, and looks into none that has no layers of its own."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether a module is a step of the graph."""
        return not any(m.children()) or super().is_leaf_module(m, module_qualified_name)


class FoldedBatchNorm:
    """A network's convolutions with the batch normalisation after them folded in.

    In evaluation mode a batch normalisation multiplies each channel by a number and adds another, which the convolution
    before it can do by itself (Jacob et al. 2018, section 3.2). The network stays as it is: the folded weights are in
    its place only within `applied`, and are computed again whenever its own have changed. Where a hook looks at what
    lies between the two layers, they are not folded.

    Args:
        network: any; its pairs are found by tracing it, so that one whose forward pass depends on data has none.
        dtype: of the folded weights, that of the forward pass.

    Attributes:
        pairs: found.
        reason: why the network could not be traced; empty if it could.

    >>> network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).eval()
    >>> folded, images = FoldedBatchNorm(network), torch.ones(1, 1, 4, 4)
    >>> with folded.applied():
    ...     inside = network(images)
    >>> len(folded.pairs), torch.allclose(inside, network(images), atol=1e-6)
    (1, True)
    """

    def __init__(self, network: nn.Module, dtype: torch.dtype = torch.float32) -> None:
        self.dtype, self.reason = dtype, ""
        self.pairs: list[Pair] = []
        try:
            if any(isinstance(module, _NORMALISATIONS) for module in network.modules()):
                self.pairs = _find_pairs(network)
        except Exception as error:  # a network's own code meets stand-ins for its tensors
            self.reason = f"{type(error).__name__}: {error}"
        self._weights: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._versions: tuple[int, ...] = ()
        self._sample = torch.empty(0)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Have the network compute with its folded weights; it must be in evaluation mode."""
        if self.pairs and self._has_changed():
            self._weights = [_folded(pair, self.dtype) for pair in self.pairs]
        ready = [
            (pair, weights, (pair.convolution._parameters["weight"], pair.convolution._parameters["bias"]))
            for pair, weights in zip(self.pairs, self._weights, strict=True)
            if not pair.is_watched
        ]
        try:
            for (convolution, normalisation), weights, _ in ready:
                _give(convolution, weights)
                normalisation.__dict__["forward"] = _same
            yield
        finally:
            for (convolution, normalisation), _, own in ready:
                _give(convolution, own)
                normalisation.__dict__.pop("forward", None)

    def _has_changed(self) -> bool:
        """Whether the network's weights differ from the last time.

        Fused optimisers change weights without counting it, so that a sample of the values is compared as well.
        """
        modules = [module for pair in self.pairs for module in pair]
        tensors = [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]
        if any(tensor.is_inference() for tensor in tensors):  # which count no changes
            return True
        versions = tuple(number for tensor in tensors for number in (tensor.data_ptr(), tensor._version))
        sample = torch.cat([_first_in_memory(tensor) for tensor in tensors])
        changed = versions != self._versions or not torch.equal(sample, self._sample)
        self._versions, self._sample = versions, sample
        return changed


def _first_in_memory(tensor: torch.Tensor) -> torch.Tensor:
    """Return a few values without copying the whole, whatever its memory format."""
    return tensor.detach().as_strided((min(tensor.numel(), _SAMPLE),), (1,), tensor.storage_offset())


def _find_pairs(network: nn.Module) -> list[Pair]:
    graph = _LayerTracer().trace(network)
    modules = dict(network.named_modules(remove_duplicate=False))
    calls = [node for node in graph.nodes if node.op == "call_module"]
    used = Counter(id(modules[node.target]) for node in calls)
    found = []
    for node in calls:
        before = node.args[0] if node.args else None
        if not isinstance(before, Node) or before.op != "call_module" or len(before.users) > 1:
            continue
        pair = _pair_of(modules[before.target], modules[node.target])
        if pair is not None and all(used[id(module)] == 1 for module in pair):
            found.append(pair)
    return found


def _pair_of(convolution: nn.Module, normalisation: nn.Module) -> Pair | None:
    """Return both if they are PyTorch's own (a subclass may do more), with weights and statistics of their own."""
    if type(convolution) not in _CONVOLUTIONS or type(normalisation) not in _NORMALISATIONS:
        return None
    assert isinstance(convolution, _ConvNd) and isinstance(normalisation, _BatchNorm)
    if "weight" not in convolution._parameters or normalisation.running_mean is None:
        return None
    return Pair(convolution, normalisation)


def _folded(pair: Pair, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    convolution, normalisation = pair
    mean, variance = normalisation.running_mean, normalisation.running_var
    assert mean is not None and variance is not None
    weight, bias = fuse_conv_bn_weights(
        convolution.weight,
        convolution.bias,
        mean,
        variance,
        normalisation.eps,
        normalisation.weight,
        normalisation.bias,
    )
    return weight.detach().to(dtype), bias.detach().to(dtype)


def _give(convolution: _ConvNd, weights: tuple[torch.Tensor | None, torch.Tensor | None]) -> None:
    convolution._parameters.update(zip(("weight", "bias"), weights, strict=True))  # type: ignore[arg-type]


def _same(inputs: torch.Tensor) -> torch.Tensor:
    return inputs
