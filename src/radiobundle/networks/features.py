"""The features of an image before a network's last layer."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class FeatureTap:
    """Keeps the input of the last fully connected layer of a network in the latest forward pass.

    Args:
        network: any whose outputs come from such a layer; for a cascade, that of the last stage.

    Raises:
        ValueError: the network has no fully connected layer.
    """

    def __init__(self, network: nn.Module) -> None:
        layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
        if not layers:
            raise ValueError("the network has no fully connected layer, so there are no features to compare images by")
        self.feature_count = layers[-1].in_features
        self.features: torch.Tensor | None = None
        self._handles = [layer.register_forward_pre_hook(self._keep) for layer in layers]

    def take(self) -> torch.Tensor:
        """Return the features (batch, features) float32 of the latest forward pass, once."""
        assert self.features is not None, "there was a forward pass"
        features, self.features = self.features, None
        return features.flatten(1).float()

    def remove(self) -> None:
        """Take the hooks off the network."""
        for handle in self._handles:
            handle.remove()

    def _keep(self, layer: nn.Module, inputs: tuple[Any, ...]) -> None:
        self.features = inputs[0].detach()
