"""The feature maps of a network for one image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from radiobundle.explain.layers import MapLayer, find_layer, map_layers, watch
from radiobundle.explain.tile_figure import plot_tiles

MOST = 31  # channels in one figure, beside their mean
MANY = 128  # from this number of channels on, a page of them is unreadable and only their mean is shown


@dataclass(frozen=True)
class FeatureMaps:
    """The output of one layer for one image.

    Attributes:
        layer: the layer.
        maps: (channels, height, width).
    """

    layer: MapLayer
    maps: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """The mean size of the activation over all channels, (height, width)."""
        return np.asarray(np.abs(self.maps).mean(0))


def layers_to_show(network: nn.Module, image: torch.Tensor, chosen: Sequence[str] = ()) -> list[MapLayer]:
    """Return the chosen layers; if none are chosen, the last one of each map size, from the image to the decision.

    Raises:
        ValueError: see `find_layer`.
    """
    if chosen:
        return [find_layer(network, image, name) for name in chosen]
    last = {layer.size_px: layer for layer in map_layers(network, image)}
    return list(last.values())


def feature_maps(network: nn.Module, image: torch.Tensor, layers: Sequence[MapLayer]) -> list[FeatureMaps]:
    """Return the feature maps of layers for an image (1, channels, height, width)."""
    kept: dict[str, np.ndarray] = {}

    def keep(name: str, output: torch.Tensor) -> None:
        kept[name] = output[0].detach().float().cpu().numpy().copy()  # later layers may overwrite it

    watch(network, image, {layer.name: network.get_submodule(layer.name) for layer in layers}, keep)
    return [FeatureMaps(layer, kept[layer.name]) for layer in layers]


def plot_mean_maps(found: Sequence[FeatureMaps], path: Path, *, title: str) -> None:
    """Plot the mean map of each layer, side by side."""
    names = [
        f"{one.layer.name}\n{one.layer.channels} maps, {one.layer.size_px[0]}x{one.layer.size_px[1]}" for one in found
    ]
    plot_tiles([one.mean for one in found], names, path, title=title, columns=4, tile_inch=1.8)


def plot_layer(found: FeatureMaps, path: Path, *, title: str) -> None:
    """Plot the mean map of a layer and, unless there are `MANY`, the channels that vary most."""
    tiles, names = [found.mean], ["mean"]
    if found.layer.channels < MANY:
        order = found.maps.std((1, 2)).argsort(kind="stable")[::-1][:MOST]
        tiles += [found.maps[channel] for channel in order]
        names += [str(channel) for channel in order]
    of = f", the {len(tiles) - 1} of {found.layer.channels} channels that vary most" if len(tiles) > 1 else ""
    plot_tiles(tiles, names, path, title=f"{title}: {found.layer.name}{of}", tile_inch=1.6)
