"""The asymmetric loss."""

from __future__ import annotations

import torch
from torch.nn import functional

from loss_cases import case
from radiobundle.losses import AsymmetricLoss


def test_asymmetric_loss_without_asymmetry_is_cross_entropy() -> None:
    logits, targets = case()
    plain = AsymmetricLoss(focus_positive=0, focus_negative=0, margin=0)(logits, targets)
    expected = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    torch.testing.assert_close(plain, expected)
