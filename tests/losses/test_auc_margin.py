"""The AUC margin loss."""

from __future__ import annotations

import torch

from loss_cases import case
from radiobundle.losses import AUCMarginLoss


def test_auc_margin_is_the_spread_of_each_kind_plus_the_squared_shortfall() -> None:
    logits, targets = case()
    expected = []
    for score, target in zip(logits.sigmoid().T, targets.T, strict=True):
        above, below = score[target == 1], score[target == 0]
        shortfall = (1 + below.mean() - above.mean()).clamp_min(0)
        expected.append(above.var(correction=0) + below.var(correction=0) + shortfall**2)
    torch.testing.assert_close(AUCMarginLoss()(logits, targets), torch.stack(expected).mean())
