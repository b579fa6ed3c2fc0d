"""Cross-entropy balanced batch by batch."""

from __future__ import annotations

import torch

from loss_cases import case
from radiobundle.losses import BalancedBCE


def test_batch_balance_is_the_formula_of_the_paper() -> None:
    logits, targets = case()
    probability, positives, negatives = logits.sigmoid(), targets.sum(), (1 - targets).sum()
    beta_p, beta_n = (positives + negatives) / positives, (positives + negatives) / negatives
    total = beta_p * -(targets * probability.log()).sum() + beta_n * -((1 - targets) * (1 - probability).log()).sum()
    torch.testing.assert_close(BalancedBCE()(logits, targets), total / targets.numel())
