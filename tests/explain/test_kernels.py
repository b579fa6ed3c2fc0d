"""Filters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from radiobundle.explain.kernels import convolutions, kernels_of, plot_kernels


def network() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 8, 7), nn.Conv2d(8, 4, 1), nn.Conv2d(4, 3, 3))


def test_first_filters_are_shown_with_the_largest_weights_first() -> None:
    made = network()
    with torch.no_grad():
        made[0].weight[5] *= 100
    kernels = kernels_of(made)
    assert (kernels.layer, kernels.shape, kernels.names[0]) == ("0", (8, 1, 7, 7), "5")
    np.testing.assert_array_equal(kernels.tiles[0], made[0].weight[5, 0].detach())


def test_deep_filter_is_shown_on_the_channel_where_it_weighs_most() -> None:
    made = network()
    with torch.no_grad():
        made[2].weight[1, 3] = 9
    kernels = kernels_of(made, "2")
    assert kernels.names[0] == "1, in 3" and (kernels.tiles[0] == 9).all()


def test_filter_without_a_shape_or_a_name_is_refused() -> None:
    assert list(convolutions(network())) == ["0", "2"]
    with pytest.raises(ValueError, match="not a convolution larger than 1x1"):
        kernels_of(network(), "1")
    with pytest.raises(ValueError, match="no such layer"):
        kernels_of(network(), "seven")
    with pytest.raises(ValueError, match="no convolution"):
        kernels_of(nn.Sequential(nn.Linear(1, 1)))


def test_figure_has_a_tile_for_each_filter(tmp_path: Path) -> None:
    plot_kernels(kernels_of(network()), tmp_path / "filters.png")
    with Image.open(tmp_path / "filters.png") as figure:
        assert np.asarray(figure.convert("RGB")).std() > 10
