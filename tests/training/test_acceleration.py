"""Compiling and TF32."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from radiobundle.training import allow_tf32, place_network


def test_compiled_network_keeps_the_names_of_its_weights() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(16, 2))
    names = list(network.state_dict())
    placed = place_network(network, "cpu", compiled=True)
    assert list(placed.state_dict()) == names
    assert placed._compiled_call_impl is not None
    assert place_network(nn.Conv2d(4, 4, 3), "cpu").weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("allowed", "precision"), [(True, "high"), (False, "highest")])
def test_tf32_is_a_switch(allowed: bool, precision: str) -> None:
    before = torch.get_float32_matmul_precision()
    allow_tf32(allowed)
    assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == (precision, allowed)
    torch.set_float32_matmul_precision(before)
