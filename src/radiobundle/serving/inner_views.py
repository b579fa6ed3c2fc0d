"""Filters and feature maps of a model's network, as PNG and in TensorBoard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.tensorboard import SummaryWriter

from radiobundle.explain.feature_maps import feature_maps, layers_to_show, plot_layer, plot_mean_maps
from radiobundle.explain.kernels import Kernels, kernels_of, plot_kernels
from radiobundle.explain.layers import MapLayer
from radiobundle.explain.model_network import blank_input, has_gradients, network_of
from radiobundle.models.model import Model
from radiobundle.serving.heat import safe_name


@dataclass
class InnerViews:
    """The requested filters and feature maps of a network.

    Attributes:
        network: the network.
        kernels: filters to show.
        layers: layers whose maps are shown for each image.
    """

    network: nn.Module
    kernels: Sequence[Kernels] = ()
    layers: Sequence[MapLayer] = ()
    _writer: SummaryWriter | None = field(default=None, init=False)

    @classmethod
    def of(cls, model: Model, *, filters: Sequence[str] | None, features: Sequence[str] | None) -> InnerViews:
        """Return the requested views after checking the layers' names; None shows nothing, empty means the default.

        Raises:
            ValueError: there is no such layer, or the model is an exported one, whose layers have no names.
        """
        network = network_of(model)
        if filters is None and features is None:
            return cls(network)
        if not has_gradients(model):
            option = "filters" if filters is not None else "features"
            raise ValueError(
                f"`{option}`: the layers of an exported network cannot be inspected; give its bundle instead"
            )
        kernels = [] if filters is None else [kernels_of(network, layer) for layer in filters or (None,)]
        layers = [] if features is None else layers_to_show(network, blank_input(model), features)
        return cls(network, kernels, layers)

    def show_filters(self, folder: Path) -> None:
        """Plot the filters into `filters`."""
        for kernels in self.kernels:
            path = folder / "filters" / f"{safe_name(kernels.layer)}.png"
            plot_kernels(kernels, path)
            self._log(folder, f"filters/{kernels.layer}", path)

    def show_features(self, name: str, image: torch.Tensor, folder: Path) -> None:
        """Plot the maps of one image into `features`: the mean of each layer, and each layer by itself.

        Args:
            name: of the image.
            image: the network's input (1, channels, height, width).
            folder: of the results.
        """
        if not self.layers:
            return
        found = feature_maps(self.network, image, self.layers)
        stem = folder / "features" / safe_name(name)
        plot_mean_maps(found, Path(f"{stem}.png"), title=f"{name}: mean activation of each layer")
        self._log(folder, f"features/{name}", Path(f"{stem}.png"))
        for one in found:
            path = Path(f"{stem}.{safe_name(one.layer.name)}.png")
            plot_layer(one, path, title=name)
            self._log(folder, f"features/{name}/{one.layer.name}", path)

    def close(self) -> None:
        """Flush TensorBoard."""
        if self._writer is not None:
            self._writer.close()

    def _log(self, folder: Path, tag: str, path: Path) -> None:
        if self._writer is None:
            self._writer = SummaryWriter(str(folder / "tensorboard"))
        with Image.open(path) as figure:
            self._writer.add_image(tag, np.asarray(figure.convert("RGB")), dataformats="HWC")
