"""The precision of a forward pass."""

from __future__ import annotations

import pytest
import torch
from monai.inferers import SimpleInferer
from torch import nn

from radiobundle.training import AutocastInferer
from radiobundle.training.precision import choose_precision


def test_unknown_precision_is_refused() -> None:
    with pytest.raises(ValueError, match="auto, fp32"):
        choose_precision("half", "cpu")


def test_fp32_inferer_is_monai_s_and_bf16_is_close() -> None:
    network = nn.Linear(8, 2)
    inputs = torch.randn(4, 8)
    expected = SimpleInferer()(inputs, network)
    torch.testing.assert_close(AutocastInferer("cpu", "fp32")(inputs, network), expected)
    low = AutocastInferer("cpu", "bf16")(inputs, network)
    assert low.dtype == torch.float32 and not torch.equal(low, expected)
    torch.testing.assert_close(low, expected, atol=0.05, rtol=0.05)


def test_gradients_flow_in_training_and_not_in_evaluation() -> None:
    network = nn.Linear(8, 2)
    inferer = AutocastInferer("cpu", "bf16")
    assert inferer(torch.randn(4, 8), network.train()).requires_grad
    assert inferer(torch.randn(4, 8), network.eval()).is_inference()
