"""Initialisations have the variance of their paper."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from radiobundle.networks.initialise import initialise


@pytest.mark.parametrize(("scheme", "variance"), [("he", 2 / 500), ("xavier", 2 / 1500), ("random", 1.0)])
def test_initialisation_has_the_variance_of_its_paper(scheme: str, variance: float) -> None:
    torch.manual_seed(0)
    layer = initialise(nn.Linear(500, 1000), scheme)
    assert layer.weight.var().item() == pytest.approx(variance, rel=0.02)
    assert not layer.bias.any()


def test_unknown_initialisation_is_refused() -> None:
    with pytest.raises(ValueError, match="xavier"):
        initialise(nn.Linear(2, 2), "xavir")


@pytest.mark.parametrize(("scheme", "variance"), [("xavier_fan_in", 1 / 900), ("xavier", 2 / (900 + 300))])
def test_xavier_has_the_variance_of_each_study(scheme: str, variance: float) -> None:
    torch.manual_seed(0)
    layer = initialise(nn.Linear(900, 300), scheme)
    assert layer.weight.var().item() == pytest.approx(variance, rel=0.02)
    assert layer.bias.abs().sum() == 0
