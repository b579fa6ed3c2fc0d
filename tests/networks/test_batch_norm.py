"""Momentum and measuring of batch normalisation."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from radiobundle.networks import freeze_all_but
from radiobundle.networks.batch_norm import measure_batch_norm, require_batch_norm, set_batch_norm_momentum


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)
    )


def test_every_layer_gets_the_momentum() -> None:
    assert set_batch_norm_momentum(network(), 0.3)[1].momentum == 0.3  # type: ignore[index]
    assert set_batch_norm_momentum(network(), None)[1].momentum == 0.1  # type: ignore[index]


@pytest.mark.parametrize("momentum", [0, -1, 1.1])
def test_impossible_momentum_is_named(momentum: float) -> None:
    with pytest.raises(ValueError, match="batch_norm_momentum"):
        set_batch_norm_momentum(network(), momentum)


def test_network_without_batch_normalisation_is_named() -> None:
    with pytest.raises(ValueError, match="no batch normalisation"):
        set_batch_norm_momentum(nn.Linear(1, 1), 0.3)
    with pytest.raises(ValueError, match=r"batch_norm_images.*no batch normalisation"):
        require_batch_norm(nn.Linear(1, 1), "batch_norm_images")


def test_network_without_batch_normalisation_stays_as_it_is() -> None:
    model = nn.Linear(2, 1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    measure_batch_norm(model, [torch.rand(4, 2)], "cpu")
    torch.testing.assert_close(model.state_dict(), before)


def test_statistics_are_not_reset_where_there_is_nothing_to_measure() -> None:
    model = network()
    model[1].running_mean.fill_(3)  # type: ignore[union-attr,operator]
    with pytest.raises(ValueError, match="no images to measure"):
        measure_batch_norm(model, [], "cpu")
    assert model[1].running_mean.tolist() == [3, 3, 3]  # type: ignore[union-attr,operator]


def test_measured_statistics_are_those_of_all_batches() -> None:
    torch.manual_seed(0)
    model = network()
    images = torch.rand(12, 1, 8, 8)
    measure_batch_norm(model, images.split(6), "cpu")
    outputs = model[0](images)
    torch.testing.assert_close(model[1].running_mean, outputs.mean((0, 2, 3)))
    parts = torch.stack([part.var((0, 2, 3)) for part in outputs.split(6)])
    torch.testing.assert_close(model[1].running_var, parts.mean(0))
    assert model[1].momentum == 0.1


def test_frozen_layers_keep_theirs() -> None:
    model = freeze_all_but(network())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    measure_batch_norm(model, [torch.rand(4, 1, 8, 8)], "cpu")
    torch.testing.assert_close(model.state_dict(), before)
