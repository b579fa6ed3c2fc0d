"""The layers of any network that produce maps, in the order in which they finish."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from radiobundle.suggest import did_you_mean


@dataclass(frozen=True)
class MapLayer:
    """A layer whose output is a map (channels, height, width) for each image.

    Attributes:
        name: its name in the network.
        kind: name of its class.
        channels: number of channels of the map.
        size_px: (height, width) of the map.
    """

    name: str
    kind: str
    channels: int
    size_px: tuple[int, int]


class LooksAtImage:
    """A method that uses the image itself and no layer."""

    layers: tuple[str, ...] = ()

    def layer_for(self, label: int) -> str:
        """Return no layer."""
        return ""


def looked_into(network: nn.Module) -> nn.Module:
    """Return a copy of a network in evaluation mode, whose hooks and gradients never affect the original."""
    network = copy.deepcopy(network).eval().requires_grad_(True)
    for module in network.modules():
        if hasattr(module, "inplace"):
            setattr(module, "inplace", False)  # noqa: B010 - what a hook has seen must not be overwritten
    return network


def map_layers(network: nn.Module, image: torch.Tensor, part: str = "") -> list[MapLayer]:
    """Return the modules whose output is a map of more than one pixel, in the order in which they finish.

    A module that runs several times, such as an activation shared by all blocks, counts where it ran last. What is
    inside a module that returns tokens, such as the heads of an attention, has four dimensions too but is no map.

    Args:
        network: any network.
        image: an input for it, (1, channels, height, width).
        part: name of the submodule to search; empty: the whole network.
    """
    return _look(network, image, part)[0]


def _look(network: nn.Module, image: torch.Tensor, part: str) -> tuple[list[MapLayer], bool]:
    """Return the `map_layers`, and whether the network goes on with tokens after the last of them."""
    finished: dict[str, MapLayer | None] = {}  # None: it normalises tokens
    of_tokens: list[str] = []
    modules = {name: module for name, module in network.named_modules() if name and is_within(name, part)}

    def note(name: str, output: Any) -> None:
        if not isinstance(output, torch.Tensor):
            return
        if output.ndim == 3:
            of_tokens.append(name)
        layer = None
        if not _normalises_tokens(modules[name], output):
            if output.ndim != 4 or min(output.shape[2:]) < 2:
                return
            channels, height, width = output.shape[1:]
            layer = MapLayer(name, type(modules[name]).__name__, channels, (height, width))
        finished.pop(name, None)  # it counts where it ran last
        finished[name] = layer

    watch(network, image, modules, note)
    outside = [
        layer
        for name, layer in finished.items()
        if layer is None or not any(is_within(name, outer) for outer in of_tokens)
    ]
    return [layer for layer in outside if layer is not None], outside[-1:] == [None]


def _normalises_tokens(module: nn.Module, output: torch.Tensor) -> bool:
    """Whether a module normalises channels that come last: of tokens (batch, tokens, channels), or of their grid."""
    if not isinstance(module, nn.LayerNorm | nn.RMSNorm) or output.ndim not in (3, 4):
        return False
    channels = module.normalized_shape[-1]
    return output.shape[-1] == channels and (output.ndim == 3 or output.shape[1] != channels)


def watch(
    network: nn.Module, image: torch.Tensor, modules: Mapping[str, nn.Module], see: Callable[[str, Any], None]
) -> None:
    """Run a network on an image, without gradients, and pass on the outputs of some of its modules as they finish.

    Args:
        network: any network.
        image: an input for it, (1, channels, height, width).
        modules: modules of the network, by name.
        see: called with a name and an output each time a module runs.
    """
    handles = [
        module.register_forward_hook(lambda _, __, output, name=name: see(name, output))
        for name, module in modules.items()
    ]
    try:
        with torch.no_grad():
            network(image)
    finally:
        for handle in handles:
            handle.remove()


def is_within(name: str, part: str) -> bool:
    """Whether a module is a submodule or inside it; an empty name stands for the whole network.

    >>> is_within("stage1.conv", "stage1"), is_within("stage10.conv", "stage1"), is_within("fc", "")
    (True, False, True)
    """
    return not part or f"{name}.".startswith(f"{part}.")


def last_map_layer(network: nn.Module, image: torch.Tensor, part: str = "") -> str:
    """Return the name of the last of the `map_layers`.

    In torchvision's ResNet that is `layer4`, in MONAI's DenseNet `class_layers.relu`, in its EfficientNet `_swish`
    (whose last of many runs follows the last convolution), in a plain CNN the last pooling.

    Raises:
        ValueError: there is none, or the network turns its maps into tokens.
    """
    found, goes_on_with_tokens = _look(network, image, part)
    if goes_on_with_tokens:  # measured on networks whose evidence is known: docs/explain.md
        raise ValueError(
            "this network is a vision transformer, whose evidence Grad-CAM does not find reliably; `method` occlusion "
            "and integrated-gradients find it"
        )
    if not found:
        raise ValueError(
            "Grad-CAM needs a convolutional network; no layer of this one produces a map. `method` occlusion needs none"
        )
    return found[-1].name


def find_layer(network: nn.Module, image: torch.Tensor, name: str) -> MapLayer:
    """Return the layer of that name.

    Raises:
        ValueError: the network has no such layer, or it does not produce a map; the message suggests the nearest one
            that does.
    """
    layers = {layer.name: layer for layer in map_layers(network, image)}
    if name in layers:
        return layers[name]
    hint = did_you_mean(name, layers) or (f"; its last map is '{list(layers)[-1]}'" if layers else "")
    if name in dict(network.named_modules()):
        raise ValueError(f"layer '{name}' of the network does not produce a map{hint}")
    raise ValueError(f"the network has no layer '{name}'{hint}")
