"""The hinge loss."""

from __future__ import annotations

import pytest
import torch

from radiobundle.losses import HingeLoss


def test_hinge_is_zero_beyond_the_margin_and_linear_before_it() -> None:
    logits = torch.tensor([[2.0, 0.0, -3.0]])
    targets = torch.tensor([[1.0, 1.0, 1.0]])
    assert HingeLoss()(logits, targets).tolist() == [[0.0, 1.0, 4.0]]
    assert HingeLoss(power=2)(logits, targets).tolist() == [[0.0, 1.0, 16.0]]
    assert HingeLoss()(-logits, 1 - targets).tolist() == [[0.0, 1.0, 4.0]]


def test_hinge_power_is_checked() -> None:
    with pytest.raises(ValueError, match="squared"):
        HingeLoss(power=3)
