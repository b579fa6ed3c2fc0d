"""The filters of a network's convolutions, as figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from radiobundle.explain.tile_figure import plot_tiles
from radiobundle.suggest import did_you_mean

MOST = 64  # largest number of filters in one figure


@dataclass(frozen=True)
class Kernels:
    """The filters of one convolution.

    Attributes:
        layer: its name.
        shape: (filters, channels in, height, width).
        tiles: (shown, height, width), filters with the largest weights first.
        names: name of each tile: which filter, and which input channel if there are several.
    """

    layer: str
    shape: tuple[int, int, int, int]
    tiles: np.ndarray
    names: tuple[str, ...]


def convolutions(network: nn.Module) -> dict[str, nn.Conv2d]:
    """Return the convolutions whose filters are larger than 1x1, by name."""
    found = {name: module for name, module in network.named_modules() if isinstance(module, nn.Conv2d)}
    return {name: module for name, module in found.items() if max(module.kernel_size) > 1}


def kernels_of(network: nn.Module, layer: str | None = None) -> Kernels:
    """Return the filters of a convolution; None: the first one, which sees the image itself.

    For a filter over many channels, only the channel with the largest weights is shown, since a mean over channels with
    different meanings would show nothing.

    Raises:
        ValueError: the network has no such convolution; the message suggests the nearest one.
    """
    known = convolutions(network)
    if not known:
        raise ValueError("the network has no convolution, so there are no `filters` to show")
    if layer is not None and layer not in known:
        hint = did_you_mean(layer, known) or f"; the first one is '{next(iter(known))}'"
        has = layer in dict(network.named_modules())
        raise ValueError(f"`filters` {layer}: {'not a convolution larger than 1x1' if has else 'no such layer'}{hint}")
    layer = layer or next(iter(known))
    weights = known[layer].weight.detach().float().cpu()
    norms = torch.linalg.vector_norm(weights, dim=(2, 3))  # (filters, channels in)
    strongest = norms.argmax(1)
    shown = norms.amax(1).argsort(descending=True, stable=True)[:MOST]
    several = weights.shape[1] > 1
    filters, channels, height, width = weights.shape
    return Kernels(
        layer,
        (filters, channels, height, width),
        np.stack([weights[index, strongest[index]].numpy() for index in shown]),
        tuple(f"{int(index)}" + (f", in {int(strongest[index])}" if several else "") for index in shown),
    )


def plot_kernels(kernels: Kernels, path: Path) -> None:
    """Plot filters as tiles, all in the same colours: red above 0, blue below."""
    filters, channels, height, width = kernels.shape
    which = f"{len(kernels.tiles)} of {filters}" if len(kernels.tiles) < filters else f"{filters}"
    title = f"{kernels.layer}: {which} filters of {height}x{width}"
    if channels > 1:
        title += f" over {channels} channels, each on the channel where its weights are largest"
    plot_tiles(kernels.tiles, kernels.names, path, title=title, is_signed=True)
