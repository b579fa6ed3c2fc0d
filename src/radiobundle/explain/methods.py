"""All methods for heat maps, by name, behind one interface."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from monai.visualize import GradCAMpp
from torch import nn

from radiobundle.explain.heat_maps import HeatMaps
from radiobundle.explain.input_gradients import IntegratedGradients, SmoothGradients
from radiobundle.explain.occlusion import Occlusion
from radiobundle.suggest import did_you_mean


class Explanation(Protocol):
    """Heat maps of one network by one method."""

    @property
    def layers(self) -> Sequence[str]:
        """Names of the layers that were used; none if a method uses the image itself."""
        ...

    def layer_for(self, label: int) -> str:
        """Return the name of the layer that was used for a label, given by its index; empty: the image itself."""
        ...

    def __call__(self, images: torch.Tensor, label: int) -> torch.Tensor:
        """Return maps (batch, height, width) of the evidence for one label; below 0: against it.

        Args:
            images: (batch, channels, height, width), normalised as the network requires.
            label: its index.
        """
        ...


@dataclass(frozen=True)
class Method:
    """One method.

    Attributes:
        title: its name in figures.
        build: builds it from a network and, if it uses one, the name of a layer (None: chosen automatically).
        looks_at_layer: whether a layer can be named.
        needs_gradients: whether the network must run in PyTorch.
        is_signed: whether maps also show evidence against a label.
    """

    title: str
    build: Callable[[nn.Module, str | None], Explanation]
    looks_at_layer: bool = False
    needs_gradients: bool = True
    is_signed: bool = False


METHODS = {
    "gradcam": Method("Grad-CAM", HeatMaps, looks_at_layer=True),
    "gradcam++": Method(
        "Grad-CAM++", lambda network, layer: HeatMaps(network, layer, kind=GradCAMpp), looks_at_layer=True
    ),
    "occlusion": Method("occlusion", lambda network, _: Occlusion(network), needs_gradients=False, is_signed=True),
    "integrated-gradients": Method(
        "integrated gradients", lambda network, _: IntegratedGradients(network), is_signed=True
    ),
    "smoothgrad": Method("SmoothGrad", lambda network, _: SmoothGradients(network)),
}
DEFAULT = "gradcam"


def check_methods(
    names: Sequence[str], *, layer: str | None = None, has_gradients: bool = True, option: str = "method"
) -> None:
    """Raise ValueError if a method is unknown or cannot be used, or if a layer is named that no method uses.

    Args:
        names: of the methods.
        layer: of the network.
        has_gradients: whether the network gives gradients.
        option: that names the methods, for messages.
    """
    for name in names:
        if name not in METHODS:
            hint = did_you_mean(name, METHODS) or f"; known methods are {', '.join(METHODS)}"
            raise ValueError(f"`{option}` '{name}' is not known{hint}")
        if METHODS[name].needs_gradients and not has_gradients:
            able = ", ".join(name for name, method in METHODS.items() if not method.needs_gradients)
            raise ValueError(
                f"`{option}` {name}: an exported network has no gradients, which it needs; give `{option}` {able}, or "
                "the bundle it was exported from"
            )
    if layer and not any(METHODS[name].looks_at_layer for name in names):
        able = " or ".join(name for name, method in METHODS.items() if method.looks_at_layer)
        raise ValueError(f"`layer` {layer}: {', '.join(names)} uses no layer; give `method` {able} with it")


def explain_by(name: str, network: nn.Module, *, layer: str | None = None) -> Explanation:
    """Return an object that makes heat maps of a network.

    Args:
        name: name of the method.
        network: network with logits (batch, labels), after loading its weights.
        layer: layer for methods that use one; None: chosen automatically.

    Raises:
        ValueError: the method is unknown.
    """
    check_methods([name])
    method = METHODS[name]
    return method.build(network, layer if method.looks_at_layer else None)
