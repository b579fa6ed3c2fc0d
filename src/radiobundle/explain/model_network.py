"""What heat maps need from a model in any form: a network with logits, and its input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import nn

from radiobundle.explain.layers import find_layer, last_map_layer
from radiobundle.explain.methods import METHODS
from radiobundle.models.exported import ExportedModel
from radiobundle.models.model import Model
from radiobundle.models.trained import TrainedModel

_SMALLEST = 1e-7  # an exported network's probabilities are float32


class OutsideNetwork(nn.Module):
    """An exported network as a PyTorch network, without gradients: from unit-range images to log-odds.

    Args:
        model: the model that runs it.
    """

    def __init__(self, model: ExportedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return log-odds (batch, labels) for images (batch, channels, height, width)."""
        probabilities = torch.from_numpy(np.asarray(self.model.run(images.cpu().numpy())[0]))
        return probabilities.double().clamp(_SMALLEST, 1 - _SMALLEST).logit().float()


def has_gradients(model: Model) -> bool:
    """Whether the network runs in PyTorch, with access to gradients and layers."""
    return isinstance(model, TrainedModel)


def network_of(model: Model) -> nn.Module:
    """Return the network with logits (batch, labels), or with log-odds for an exported model."""
    if isinstance(model, TrainedModel):
        return model.network
    if isinstance(model, ExportedModel):
        return OutsideNetwork(model)
    raise TypeError(f"{type(model).__name__} is not a model with a network")


def input_of(model: Model, pixels: np.ndarray) -> torch.Tensor:
    """Return the input of `network_of` for uint8 pixels (batch, channels, height, width)."""
    if isinstance(model, TrainedModel):
        return model.normalise(pixels)
    return torch.from_numpy(pixels.astype(np.float32) / 255)


def blank_input(model: Model) -> torch.Tensor:
    """Return an input (1, channels, height, width) of the size that the network takes: a ramp of greys."""
    ramp = np.linspace(0, 255, 128 * 128).reshape(128, 128).astype(np.uint8)
    return input_of(model, np.array(model.reader.prepare(Image.fromarray(ramp)))[None])


def check_maps(model: Model, methods: Sequence[str], layers: Sequence[str] = ()) -> None:
    """Raise ValueError for an unknown layer or a network without maps, before the first image is read."""
    if not any(METHODS[name].looks_at_layer for name in methods):
        return
    blank = blank_input(model)
    if not layers:
        last_map_layer(network_of(model), blank)
    for layer in layers:
        find_layer(network_of(model), blank, layer)
