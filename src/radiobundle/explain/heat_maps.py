"""Where a network looks: Grad-CAM (MONAI's) for any of our networks, without naming a layer."""

from __future__ import annotations

import copy
from typing import Any, Protocol, runtime_checkable

import torch
from monai.visualize import GradCAM
from torch import nn


@runtime_checkable
class HasParts(Protocol):
    """A network in which different submodules tell different labels apart, as in `networks.Cascade`."""

    def part_for(self, label: int) -> str:
        """Return the name of the submodule that tells a label, given by its index, apart."""
        ...


class HeatMaps:
    """Grad-CAM heat maps of a copy of a network, whose hooks therefore never slow or change the network itself.

    Source: Selvaraju et al. 2017, "Grad-CAM", equations 1 and 2.

    Args:
        network: with logits (batch, labels); give it its weights first.
        layer: name of the layer to look at; None: the last one that still is a map, see `last_map_layer`, within the
            part that tells the label apart, of a network that has such parts (`HasParts`).
    """

    def __init__(self, network: nn.Module, layer: str | None = None) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(True)
        for module in self.network.modules():
            if hasattr(module, "inplace"):
                setattr(module, "inplace", False)  # noqa: B010 - what a hook has seen must not be overwritten
        self._layer = layer
        self._cams: dict[str, GradCAM] = {}  # by the part of the network that they look into

    def __call__(self, images: torch.Tensor, label: int) -> torch.Tensor:
        """Return maps (batch, height, width) of what speaks for one label, at least 0, in no particular unit.

        Args:
            images: (batch, channels, height, width), normalised as the network wants it.
            label: its index.

        Raises:
            ValueError: the network has no such layer.
        """
        part = self.network.part_for(label) if isinstance(self.network, HasParts) else ""
        if part not in self._cams:
            self._cams[part] = self._prepare(images[:1], part)
        with torch.enable_grad():
            maps: torch.Tensor = self._cams[part](images.detach().clone().requires_grad_(), class_idx=label)
        return maps[:, 0].detach()

    @property
    def layers(self) -> list[str]:
        """Names of the layers that were looked at."""
        return sorted({name for cam in self._cams.values() for name in cam.nn_module.target_layers})

    def _prepare(self, image: torch.Tensor, part: str) -> GradCAM:
        last = last_map_layer(self.network, image, part)
        layer = self._layer or last
        if layer not in dict(self.network.named_modules()):
            raise ValueError(f"the network has no layer '{layer}'; its last map is '{last}'")
        # MONAI would scale the maps of a batch together, and upside down.
        return GradCAM(self.network, target_layers=layer, postprocessing=_keep)


def last_map_layer(network: nn.Module, image: torch.Tensor, part: str = "") -> str:
    """Return the name of the last module to finish whose output is a map of more than one pixel, and that ran once.

    What runs in several places, such as an activation that all blocks share, makes maps of different sizes.

    In torchvision's ResNet that is `layer4`, in MONAI's DenseNet `class_layers.relu`, in a plain CNN the last pooling.

    Args:
        network: any.
        image: one that it takes, (1, channels, height, width).
        part: name of the submodule to search; empty: the whole network.

    Raises:
        ValueError: there is none.
    """
    finished: list[str] = []

    def note(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            if isinstance(output, torch.Tensor) and output.ndim == 4 and min(output.shape[2:]) > 1:
                finished.append(name)

        return hook

    within = [(name, module) for name, module in network.named_modules() if name and name.startswith(part)]
    handles = [module.register_forward_hook(note(name)) for name, module in within]
    try:
        with torch.no_grad():
            network(image)
    finally:
        for handle in handles:
            handle.remove()
    once = [name for name in finished if finished.count(name) == 1]
    if not once:
        raise ValueError("Grad-CAM needs a convolutional network; no layer of this one makes a map")
    return once[-1]


def _keep(maps: torch.Tensor) -> torch.Tensor:
    return maps
