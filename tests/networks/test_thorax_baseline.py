"""The baseline network of the chest studies."""

from __future__ import annotations

import torch
from torch import nn

from network_cases import count_parameters
from radiobundle.networks import ThoraxBaseline


def test_baseline_pools_once_after_three_convolutions() -> None:
    with torch.device("meta"):
        network = ThoraxBaseline(initialisation="default")
    kinds = [type(module).__name__ for module in network]
    assert kinds[:7] == ["Conv2d", "ReLU", "Conv2d", "ReLU", "Conv2d", "ReLU", "MaxPool2d"]
    assert network[9].in_features == 8 * 164 * 164 == 215_168
    assert count_parameters(network) == 780 + 7_690 + 2_888 + 215_169 * 128 + 129 * 14


def test_improved_baseline_normalises_and_drops_out() -> None:
    network = ThoraxBaseline(image_size_px=(64, 64), batch_norm=True, dropout=0.5)
    assert sum(isinstance(module, nn.BatchNorm2d) for module in network) == 3
    assert [module.p for module in network if isinstance(module, nn.Dropout)] == [0.5, 0.5]
