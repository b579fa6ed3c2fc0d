"""The modified network of the first chest study."""

from __future__ import annotations

from torch import nn

from network_cases import count_parameters
from radiobundle.networks import ThoraxModifiedV1


def test_modified_v1_has_the_channels_of_table_1() -> None:
    network = ThoraxModifiedV1()
    shapes = [tuple(module.weight.shape) for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    assert shapes == [(64, 1, 3, 3), (128, 64, 3, 3), (256, 128, 3, 3), (128, 448), (14, 128)]
    assert count_parameters(network) == 640 + 73_856 + 295_168 + 449 * 128 + 129 * 14
