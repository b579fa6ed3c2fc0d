"""The memory of a training step, computed without taking it, and the largest batch that fits."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from radiobundle.images.size import height_and_width
from radiobundle.training.precision import choose_precision

FREE = 0.3  # of the memory: workspaces of convolutions, gaps between blocks; measured up to 0.25 (docs/benchmarks.md)
_OPTIMISER_BYTES = 8  # a weight: two moments of Adam


def step_bytes(network: nn.Module, image_shape: Sequence[int], *, batch_size: int, dtype: torch.dtype) -> int:
    """Return the bytes that a training step holds when its backward pass begins.

    Weights, their gradients and Adam's moments in float32, the weights' copies in `dtype` if that is not float32, and
    what autograd keeps of the forward pass. Counted on PyTorch's `meta` device: no arithmetic is done, no memory taken,
    and the network stays as it is. Frozen weights count as if they were trained: a forward pass alone takes memory too.

    Args:
        network: the network.
        image_shape: (channels, height, width) of an image.
        batch_size: number of images, at least 2.
        dtype: of the forward pass under autocast.

    >>> step_bytes(nn.Flatten(), (1, 8, 8), batch_size=2, dtype=torch.float32)
    0
    """
    copied = copy.deepcopy(network).to("meta").train().requires_grad_(True)
    own = {tensor.untyped_storage()._cdata for tensor in copied.state_dict(keep_vars=True).values()}
    kept: dict[int, tuple[torch.UntypedStorage, float]] = {}  # storages live on, lest another take their address

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            fraction = dtype.itemsize / tensor.itemsize if tensor.is_floating_point() else 1
            kept[storage._cdata] = storage, storage.nbytes() * fraction
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        copied(torch.zeros(batch_size, *image_shape, device="meta"))
    return _weight_bytes(copied, dtype) + round(sum(count for _, count in kept.values()))


def largest_batch(
    network: nn.Module,
    channels: int,
    image_size_px: int | Sequence[int],
    memory_gb: float,
    *,
    precision: str,
    device: torch.device | str,
    most: int = 512,
) -> int:
    """Return the largest power of two whose training step takes at most seven tenths of so much memory.

    What decides is the memory that is named, not what happens to be free, so that the same configuration trains with
    the same batches anywhere, if its precision is the same (`auto` depends on the device). As `batch_size`:
    `$largest_batch(@network_def, @input_channels, @image_size_px, 16, precision=@precision, device=@device)`.

    Args:
        network: the network.
        channels: of an image.
        image_size_px: (height, width) of an image, or one number for both.
        memory_gb: of the device, in units of 10^9 bytes.
        precision: auto, fp32, bf16 or fp16.
        device: decides what `auto` is.
        most: the largest batch to consider.

    Raises:
        ValueError: not even two images fit, the memory is no positive number, or the network cannot be counted.
    """
    if isinstance(memory_gb, bool) or not isinstance(memory_gb, (int, float)) or not 0 < memory_gb < math.inf:
        raise ValueError(f"batch_size: the memory must be a positive number of GB, got {memory_gb!r}")
    dtype, image_shape = choose_precision(precision, device), (channels, *height_and_width(image_size_px))
    available = (1 - FREE) * memory_gb * 1e9
    try:
        two, four = (step_bytes(network, image_shape, batch_size=size, dtype=dtype) for size in (2, 4))
    except Exception as error:  # of any network's own code
        reason = str(error).partition("\n")[0]
        raise ValueError(f"batch_size: cannot be computed for this network; give a number ({reason})") from error
    each = max((four - two) / 2, 1)
    if two > available:
        raise ValueError(
            f"batch_size: {memory_gb:g} GB hold no training step of two images of {'x'.join(map(str, image_shape))}, "
            f"which takes {two / 1e9:.2g} GB of seven tenths of that; name more memory, smaller images or a smaller "
            "network"
        )
    size = 2
    while 2 * size <= most and two + (2 * size - 2) * each <= available:
        size *= 2
    return size


def _weight_bytes(network: nn.Module, dtype: torch.dtype) -> int:
    copies = 0 if dtype == torch.float32 else dtype.itemsize
    return sum(weight.numel() * (2 * weight.itemsize + _OPTIMISER_BYTES + copies) for weight in network.parameters())
