"""As many negatives as positives of each label."""

from __future__ import annotations

import pytest
import torch

from loss_cases import LOSSES, case
from radiobundle.losses import ResampledBatchLoss
from radiobundle.losses.resampled_batch import balance_batch


def test_balanced_batch_keeps_as_many_negatives_as_positives() -> None:
    targets = torch.tensor([[1.0, 0, 0], [1, 0, -1], [0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 1, 1]])
    torch.manual_seed(0)
    kept = balance_batch(targets)
    assert (kept == 0).sum(0).tolist() == [2, 1, 1]
    changed = kept != targets
    assert (kept[changed] == -1).all() and (targets[changed] == 0).all()
    assert any(not torch.equal(balance_batch(targets), kept) for _ in range(20))


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0])
def test_balanced_batch_of_one_kind_stays_finite(value: float) -> None:
    logits, targets = case()
    loss = ResampledBatchLoss(LOSSES["weighted"])(logits, torch.full_like(targets, value))
    loss.backward()
    assert torch.isfinite(loss) and logits.grad is not None and torch.isfinite(logits.grad).all()


def test_balanced_batch_resamples_training_only() -> None:
    loss = ResampledBatchLoss(LOSSES["weighted"])
    logits, targets = case()
    with torch.inference_mode():
        torch.testing.assert_close(loss(logits.detach(), targets), LOSSES["weighted"](logits, targets).detach())
    assert not torch.isclose(loss(logits, targets), LOSSES["weighted"](logits, targets))
