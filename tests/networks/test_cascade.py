"""Two stages chained into one network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from radiobundle.networks import Cascade, chain_stages, load_weights


def constant_logits(*values: float) -> nn.Module:
    layer = nn.Linear(1, len(values))
    nn.init.zeros_(layer.weight)
    layer.bias.data = torch.tensor(values)
    return nn.Sequential(nn.Flatten(), layer)


def test_cascade_multiplies_the_stages_probabilities() -> None:
    stage1, stage2 = constant_logits(0.0, 1.0), constant_logits(2.0, 0.0)
    probabilities = Cascade(stage1, stage2)(torch.zeros(5, 1, 1, 1)).softmax(1)
    infected, first = torch.tensor(1.0).sigmoid(), torch.tensor(2.0).sigmoid()
    expected = torch.stack([1 - infected, infected * first, infected * (1 - first)])
    torch.testing.assert_close(probabilities, expected.expand(5, 3))


def test_cascade_follows_the_order_of_stage_2() -> None:
    cascade = Cascade(constant_logits(0.0, 1.0), constant_logits(2.0, 0.0), stage2_order=(1, 0))
    _, first, second = cascade(torch.zeros(1, 1, 1, 1)).softmax(1)[0]
    assert second > first


@pytest.mark.parametrize(("threshold", "normal"), [(0.7, 0.0), (0.75, 1.0)])
def test_hard_chain_decides_at_the_threshold(threshold: float, normal: float) -> None:
    cascade = Cascade(constant_logits(0.0, 1.0), constant_logits(2.0, 0.0), infected_threshold=threshold)
    assert cascade(torch.zeros(1, 1, 1, 1)).softmax(1)[0, 0].item() == pytest.approx(normal, abs=1e-6)


def test_chained_stages_hold_their_own_weights(tmp_path: Path) -> None:
    labels = ["normal", "covid", "non-covid"]
    cascade = chain_stages(constant_logits(0.0, 0.0), labels=labels, stage2_labels=["non-covid", "covid"])
    for name, stage, values in (("one", cascade.stage1, (0.0, 1.0)), ("two", cascade.stage2, (2.0, 0.0))):
        torch.save(constant_logits(*values).state_dict(), tmp_path / name)
        load_weights(stage, tmp_path / name)
    _, covid, other = cascade(torch.zeros(1, 1, 1, 1)).softmax(1)[0]
    assert other > covid
