"""What a soup's process does to weights and to the statistics of batch normalisation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from radiobundle.sweeps.soup_process import _measure_batch_normalisation, average_weights


def test_whole_numbers_are_not_averaged() -> None:
    states = [
        {"w": torch.tensor([1.0, 2.0]), "n": torch.tensor(3)},
        {"w": torch.tensor([3.0, 2.0]), "n": torch.tensor(9)},
    ]
    found = average_weights(states)
    assert found["w"].tolist() == [2.0, 2.0] and found["n"].item() == 3


def test_batch_normalisation_has_the_statistics_of_the_training_images() -> None:
    network = torch.nn.Sequential(torch.nn.BatchNorm1d(1))
    network[0].running_mean += 100
    batches = [torch.tensor([[1.0], [3.0]]), torch.tensor([[5.0], [7.0]])]
    trainer: Any = SimpleNamespace(
        network=network, data_loader=batches, state=SimpleNamespace(device="cpu"),
        prepare_batch=lambda batch, device, non_blocking: (batch, None),
    )  # fmt: skip
    _measure_batch_normalisation(trainer)
    assert network[0].running_mean.item() == pytest.approx(4.0) and network[0].running_var.item() == pytest.approx(2.0)
