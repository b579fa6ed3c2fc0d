"""Batch normalisation folded into the convolutions before it, while a network predicts."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import nn
from torch.nn.functional import batch_norm
from torch.overrides import TorchFunctionMode

from radiobundle.networks.normalised_convolutions import (
    CONVOLUTIONS,
    Normalisation,
    Pair,
    Recorder,
    Weights,
    normalised_by,
    reads_values,
    tensors_in,
)

_SAMPLE = 64  # values of each tensor that are compared
_TOLERANCE = 1e-4  # of the largest logit, in float32; rounding alone gives 1e-6
_MOST_FAILURES = 3


class FoldedBatchNorm:
    """Runs a network in evaluation mode with batch normalisation folded into the convolutions before it.

    In evaluation mode a batch normalisation multiplies each channel by a number and adds another, which the convolution
    before it can do by itself. Nothing of the network is changed: its calls of PyTorch's functions are intercepted, in
    this thread alone. Which belong together is seen when the first image of the first batch runs through the network,
    before the batch, and its logits are then compared with and without folding, in float32; where they differ, nothing
    is folded. A convolution whose output or weight is read by anything else is not folded either.

    The folded weights, a second set, are computed again when the network's own have changed, by their counted versions
    or in a sample of their values (a write to `.data` that spares the sample is not noticed). With gradients enabled
    nothing is folded. A hook between the two layers that only keeps what it is given keeps what is normalised already.

    An instance belongs to one network; it keeps the tensors of its pairs alive, but not the network.

    Attributes:
        reason: why nothing is folded; empty if nothing is against it.

    >>> network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten()).eval()
    >>> folded, images = FoldedBatchNorm(), torch.ones(1, 1, 4, 4)
    >>> with torch.inference_mode():
    ...     torch.allclose(folded(network, images), network(images), atol=1e-6), folded.count
    (True, 1)
    """

    def __init__(self) -> None:
        self.reason = ""
        self._pairs: list[Pair] | None = None  # not looked for yet
        self._tensors: list[torch.Tensor] = []
        self._failures = 0
        self._weights: list[Weights] = []
        self._versions: tuple[Any, ...] = ()
        self._views: list[torch.Tensor] = []
        self._sample = torch.empty(0)
        self._lock = Lock()

    @property
    def count(self) -> int:
        """Number of batch normalisations that are folded."""
        return len(self._pairs or ())

    def __call__(self, network: nn.Module, inputs: Any) -> Any:
        """Return what the network returns for a batch: a tensor, or several of the same length, on the CPU."""
        if torch.is_grad_enabled() or network._compiled_call_impl is not None:
            return network(inputs)
        with self._lock:
            if self._pairs is None:
                self._pairs, self._versions = self._find(network, inputs), ()
                self._tensors = [tensor for pair in self._pairs for tensor in pair.tensors]
            folds = self._current() if self._pairs else {}
        if not folds:
            return network(inputs)
        mode = _Folding(folds)
        try:
            with mode:
                output = network(inputs)
        except _ReadElsewhereError:
            pass
        else:
            if mode.is_complete:
                return output
        with self._lock:
            self._look_again()
        return network(inputs)

    def _look_again(self) -> None:
        """Forget the pairs, since the network has changed; give up if it does so all the time."""
        self._failures += 1
        self._pairs = None
        if self._failures >= _MOST_FAILURES:
            self._pairs, self.reason = [], "it does not call the same functions for each batch"

    def _find(self, network: nn.Module, inputs: Any) -> list[Pair]:
        self.reason = _unsuitable(network)
        if self.reason:
            return []
        try:
            with torch.autocast("cpu", enabled=False):
                with Recorder() as recorder:
                    plain = network(_first(inputs))
                if not (pairs := recorder.pairs()):
                    return []
                with _Folding({id(pair.weight): (pair, pair.folded(pair.weight.dtype)) for pair in pairs}) as mode:
                    folded = network(_first(inputs))
        except Exception as error:  # a network's own code meets one image, in float32
            self.reason = f"{type(error).__name__}: {error}"
            return []
        if not mode.is_complete:
            self.reason = "it does not call the same functions again"
        elif not _agree(folded, plain):
            self.reason = "its logits would differ"
        return [] if self.reason else pairs

    def _current(self) -> dict[int, tuple[Pair, Weights]]:
        """Return the pairs with their folded weights by the identity of the weight, after looking for changes.

        Fused optimisers change weights without counting it, so that a sample of the values is compared as well.
        """
        assert self._pairs is not None
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else None
        versions = (dtype, *(_version(tensor) for tensor in self._tensors))
        if versions != self._versions:
            self._views = [_few(tensor) for tensor in self._tensors]
        sample = torch.cat(self._views)
        if versions != self._versions or not torch.equal(sample, self._sample):
            self._weights = [pair.folded(dtype or pair.weight.dtype) for pair in self._pairs]
            self._versions, self._sample = versions, sample
        return {id(pair.weight): (pair, own) for pair, own in zip(self._pairs, self._weights, strict=True)}


class _ReadElsewhereError(Exception):
    """Something else reads what lies between a convolution and its batch normalisation."""


class _Folding(TorchFunctionMode):
    """Gives convolutions their folded weights, and leaves out the batch normalisation after them."""

    def __init__(self, folds: Mapping[int, tuple[Pair, Weights]]) -> None:
        super().__init__()
        self._folds, self._left_out = folds, 0
        self._waiting: dict[int, tuple[Pair, torch.Tensor]] = {}  # outputs that wait for their normalisation
        self._done: WeakValueDictionary[int, torch.Tensor] = WeakValueDictionary()  # those that should not be read

    @property
    def is_complete(self) -> bool:
        """Whether each pair was met, as a whole and once."""
        return not self._waiting and self._left_out == len(self._folds)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call the function, or do what stands for it."""
        kwargs = kwargs or {}
        if func is batch_norm and self._waiting:
            inputs, normalisation = normalised_by(args, kwargs)
            if self._is_left_out(inputs, normalisation):
                return inputs.view_as(inputs)
        if self._waiting or self._done:
            read = map(id, tensors_in((*args, *kwargs.values())))
            between = any(tensor in self._waiting or tensor in self._done for tensor in read)
            output = func(*args, **kwargs) if between else None
            if between and reads_values(func, output):
                raise _ReadElsewhereError
            if between:
                return output
        if func in CONVOLUTIONS and len(args) > 2 and (fold := self._folds.get(id(args[1]))):
            return self._convolve(func, fold, args, kwargs)
        return func(*args, **kwargs)

    def _convolve(self, func: Any, fold: tuple[Pair, Weights], args: Any, kwargs: Any) -> torch.Tensor:
        pair, (weight, bias) = fold
        if args[2] is not pair.bias:
            raise _ReadElsewhereError
        if weight.dtype != pair.weight.dtype and not torch.is_autocast_enabled("cpu"):
            weight, bias = pair.folded(pair.weight.dtype)  # a part of the network that goes without autocast
        output: torch.Tensor = func(args[0], weight, bias, *args[3:], **kwargs)
        self._waiting[id(output)] = (pair, output)
        return output

    def _is_left_out(self, inputs: torch.Tensor, normalisation: Normalisation) -> bool:
        found = self._waiting.get(id(inputs))
        if found is None or not found[0].normalisation.is_same(normalisation):
            return False
        del self._waiting[id(inputs)]
        self._done[id(inputs)] = inputs
        self._left_out += 1
        return True


def is_compiled(network: nn.Module) -> bool:
    """Whether a network, or a part of it, runs by `torch.compile`."""
    return any(module._compiled_call_impl is not None or hasattr(module, "_orig_mod") for module in network.modules())


def _unsuitable(network: nn.Module) -> str:
    """Return why a network cannot be folded, from its modules; empty: nothing is against it."""
    if is_compiled(network):
        return "a part of it is compiled"
    training = any(module.training and hasattr(module, "running_mean") for module in network.modules())
    return "a normalisation is in training mode" if training else ""


def _first(inputs: Any) -> Any:
    """Return the first image of a batch, or of each of several."""
    return [_first(value) for value in inputs] if isinstance(inputs, (list, tuple)) else inputs[:1]


def _agree(folded: Any, plain: Any) -> bool:
    if not isinstance(folded, torch.Tensor) or not isinstance(plain, torch.Tensor):
        return False
    finite = plain[plain.isfinite()].abs()
    largest = float(finite.max()) if finite.numel() else 0.0
    return len(plain) > 0 and torch.allclose(
        folded, plain, rtol=10 * _TOLERANCE, atol=_TOLERANCE * largest + 1e-6, equal_nan=True
    )


def _version(tensor: torch.Tensor) -> tuple[int, int]:
    return tensor.data_ptr(), -1 if tensor.is_inference() else tensor._version


def _few(tensor: torch.Tensor) -> torch.Tensor:
    """Return some values without copying the others, in whatever order they lie in memory."""
    held = tensor.untyped_storage().nbytes() // tensor.element_size() - tensor.storage_offset()
    values = min(tensor.numel(), held)  # fewer are held where a dimension is expanded
    count = min(values, _SAMPLE)
    step = values // max(count, 1)
    return tensor.detach().as_strided((count,), (max(step, 1),), tensor.storage_offset())
