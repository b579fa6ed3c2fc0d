"""The modified network of the second chest study."""

from __future__ import annotations

import torch

from network_cases import count_parameters
from radiobundle.networks import ThoraxModifiedV2


def test_modified_v2_has_the_features_of_table_3() -> None:
    with torch.device("meta"):
        network = ThoraxModifiedV2(initialisation="default")
    assert network.features == [762_048, 148_840, 26_912]
    assert network.classifier[1].in_features == 937_800
    assert (
        count_parameters(network) == (64 * 12 + 12) + (12 * 64 * 10 + 10) + (10 * 36 * 8 + 8) + 937_801 * 128 + 129 * 14
    )
    assert network(torch.empty(2, 1, 512, 512, device="meta")).shape == (2, 14)
