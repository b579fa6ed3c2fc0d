"""What layers make of an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from radiobundle.explain.feature_maps import feature_maps, layers_to_show, plot_layer, plot_mean_maps
from radiobundle.networks import VGGLike

IMAGE = torch.rand(1, 1, 64, 64)


def test_one_layer_of_each_size_is_shown_unless_some_are_named() -> None:
    network = VGGLike(num_classes=2, image_size_px=(64, 64)).eval()
    sizes = [layer.size_px[0] for layer in layers_to_show(network, IMAGE)]
    assert sizes == [64, 32, 16, 8, 4, 2]
    assert [layer.name for layer in layers_to_show(network, IMAGE, ["3", "0"])] == ["3", "0"]


def test_maps_are_what_the_layer_gave_before_the_next_one_wrote_over_it() -> None:
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(inplace=True))
    (found,) = feature_maps(network, IMAGE, layers_to_show(network, IMAGE, ["0"]))
    np.testing.assert_allclose(found.maps, network[0](IMAGE)[0].detach(), atol=1e-6)
    assert found.maps.min() < 0
    np.testing.assert_allclose(found.mean, np.abs(found.maps).mean(0))
    assert not any(module._forward_hooks for module in network.modules())


def test_figures_are_drawn(tmp_path: Path) -> None:
    network = VGGLike(num_classes=2, image_size_px=(64, 64)).eval()
    found = feature_maps(network, IMAGE, layers_to_show(network, IMAGE))
    plot_mean_maps(found, tmp_path / "mean.png", title="a.png")
    for index in (0, -1):
        plot_layer(found[index], tmp_path / f"{index}.png", title="a.png")
    assert len(list(tmp_path.glob("*.png"))) == 3
