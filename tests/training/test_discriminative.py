"""The last layer learns fast, everything before it slowly."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from radiobundle.networks import efficientnet_lite0, freeze_all_but
from radiobundle.training import discriminative_groups


def test_every_weight_is_in_one_group_and_the_last_layer_comes_first() -> None:
    network = efficientnet_lite0(num_classes=3)
    head, backbone = discriminative_groups(network, learning_rate=1e-3)
    assert (head["lr"], backbone["lr"]) == (1e-3, pytest.approx(1e-4))
    assert {id(each) for each in head["params"]} == {id(each) for each in network._fc.parameters()}
    assert sum(len(group["params"]) for group in (head, backbone)) == len(list(network.parameters()))


def test_schedules_keep_the_ratio() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2, 2))
    optimizer = torch.optim.AdamW(discriminative_groups(network, learning_rate=0.4, backbone_factor=0.5))
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    optimizer.step()
    schedule.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.2, 0.1]


def test_frozen_weights_are_left_out() -> None:
    network = freeze_all_but(efficientnet_lite0(num_classes=3))
    (group,) = discriminative_groups(network, learning_rate=1e-3)
    assert len(group["params"]) == 2


def test_a_factor_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="backbone_factor must be above 0"):
        discriminative_groups(efficientnet_lite0(), learning_rate=1.0, backbone_factor=0)
