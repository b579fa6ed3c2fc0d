"""Networks without their weights."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from heat_map_sanity import likeness, without_weights


def test_weights_and_statistics_are_drawn_anew_and_the_network_is_left_alone() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4)).eval()
    with torch.no_grad():
        network[0].weight.fill_(1)
    images, state = 5 + torch.rand(8, 1, 16, 16), torch.get_rng_state()
    other = without_weights(network, [images])
    assert torch.equal(torch.get_rng_state(), state)
    assert (network[0].weight == 1).all() and (network[1].running_mean == 0).all()
    assert other[0].weight.std() > 0 and not other.training and other[1].momentum == network[1].momentum
    with torch.no_grad():  # settled on these images
        answer = other(images)
    assert answer.mean((0, 2, 3)).abs().max() < 0.01 and (answer.std((0, 2, 3)) - 1).abs().max() < 0.05
    assert torch.equal(without_weights(network, [images])[0].weight, other[0].weight)
    assert not torch.equal(without_weights(network, [images], seed=2)[0].weight, other[0].weight)


def test_likeness_is_of_ranks_and_a_flat_map_is_like_none() -> None:
    ramp = np.arange(9.0).reshape(3, 3)
    assert likeness(ramp, -(ramp**3)) == -1
    assert np.isnan(likeness(ramp, np.ones((3, 3))))
