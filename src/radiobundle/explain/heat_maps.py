"""Where a network looks: Grad-CAM and Grad-CAM++ (MONAI's) for any of our networks, without naming a layer."""

from __future__ import annotations

from typing import Any

import torch
from monai.visualize import GradCAM
from monai.visualize.class_activation_maps import ModelWithHooks
from torch import nn

from radiobundle.explain.layers import find_layer, last_map_layer, looked_into


class HeatMaps:
    """Class activation maps of a copy of a network, so that hooks never slow down or change the network itself.

    Source: Selvaraju et al. 2017, "Grad-CAM", equations 1 and 2; as `kind` also MONAI's `GradCAMpp`, Chattopadhay et
    al. 2018, "Grad-CAM++", equations 10 and 19.

    Args:
        network: network with logits (batch, labels), after loading its weights.
        layer: name of the layer to use; None: the last one whose output is still a map, see `last_map_layer`, within
            the part that decides the label if the network says which that is (`part_for`, as of `networks.Cascade`).
        kind: kind of map.
    """

    def __init__(self, network: nn.Module, layer: str | None = None, *, kind: type[GradCAM] = GradCAM) -> None:
        self.network = looked_into(network)
        self._layer, self._kind = layer, kind
        self._cams: dict[str, GradCAM] = {}  # by the part of the network

    def __call__(self, images: torch.Tensor, label: int) -> torch.Tensor:
        """Return maps (batch, height, width) of the evidence for one label, at least 0, in arbitrary units.

        Args:
            images: (batch, channels, height, width), normalised as the network requires.
            label: its index.

        Raises:
            ValueError: the network has no such layer, or none that produces a map.
        """
        part = self._part_for(label)
        if part not in self._cams:
            self._cams[part] = self._prepare(images[:1], part)
        with torch.enable_grad():
            maps: torch.Tensor = self._cams[part](images.detach().clone().requires_grad_(), class_idx=label)
        return maps[:, 0].detach()

    @property
    def layers(self) -> list[str]:
        """Names of the layers that were used."""
        return sorted({name for cam in self._cams.values() for name in cam.nn_module.target_layers})

    def layer_for(self, label: int) -> str:
        """Return the name of the layer that was used for a label, given by its index; empty: none yet."""
        cam = self._cams.get(self._part_for(label))
        return "" if cam is None else str(cam.nn_module.target_layers[0])

    def _part_for(self, label: int) -> str:
        part_for = getattr(self.network, "part_for", None)
        return part_for(label) if part_for else ""

    def _prepare(self, image: torch.Tensor, part: str) -> GradCAM:
        layer = find_layer(self.network, image, self._layer).name if self._layer else None
        layer = layer or last_map_layer(self.network, image, part)
        hooked = _Hooked(self.network, layer, register_forward=True, register_backward=True)
        # MONAI would scale the maps of a batch together, and invert them.
        return self._kind(hooked, target_layers=layer, postprocessing=lambda maps: maps)  # type: ignore[arg-type]


class _Hooked(ModelWithHooks):
    """MONAI's hooks, for layers that run several times and for any number of images at once.

    For a layer that runs several times, MONAI's hooks keep the output of the last run but the gradient of the first.
    Grad-CAM++ multiplies by the exponential of the score, which only scales a map, but overflows or vanishes for
    logits far from zero and is applied wrongly if a batch has several images; so the scores are set to zero here while
    keeping their gradients.
    """

    def __call__(self, x: torch.Tensor, class_idx: Any = None, retain_graph: bool = False, **options: Any) -> Any:
        self.gradients.clear()
        return super().__call__(x, class_idx, retain_graph, **options)

    def backward_hook(self, name: str) -> Any:
        def hook(module: nn.Module, into: Any, out_of: tuple[torch.Tensor, ...]) -> None:
            self.gradients.setdefault(name, out_of[0])  # backwards, the last run comes first

        return hook

    def class_score(self, logits: torch.Tensor, class_idx: int) -> torch.Tensor:
        scores = logits[:, class_idx].reshape(-1, 1, 1, 1)
        return scores - scores.detach()
