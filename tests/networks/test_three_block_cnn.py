"""The network of the pneumonia study."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from radiobundle.networks import ThreeBlockCNN


def test_three_block_cnn_has_the_study_s_shapes() -> None:
    network = ThreeBlockCNN(num_classes=2)
    assert network(torch.zeros(4, 1, 150, 150)).shape == (4, 2)
    assert network.classifier[1].weight.shape == (100, 64 * 17 * 17)


def test_three_block_cnn_without_conv3_has_two_convolutions() -> None:
    network = ThreeBlockCNN(conv_channels=(16, 32), fc_nodes=(60, 30))
    assert sum(isinstance(module, nn.Conv2d) for module in network.modules()) == 2
    assert network(torch.zeros(1, 1, 150, 150)).shape == (1, 2)


def test_too_small_input_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        ThreeBlockCNN(image_size_px=(12, 12))


def test_zero_initialisation_zeroes_every_weight() -> None:
    assert all(not parameter.any() for parameter in ThreeBlockCNN(initialisation="zero").parameters())
