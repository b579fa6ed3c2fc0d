"""The losses of the ChestX-ray14 bundle: their formulas, ignored labels, batches without positives."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from monai.losses import FocalLoss
from torch import nn
from torch.nn import functional

from radiobundle.losses import (
    AsymmetricLoss,
    AUCMarginLoss,
    BalancedBatchLoss,
    BatchBalancedBCE,
    MaskedLoss,
    positive_weights,
)
from radiobundle.losses.balanced_batch import balance_batch
from radiobundle.sources.chestxray14 import LABELS, read_chestxray14

TABLE_2 = (8.74, 38.82, 7.38, 4.64, 18.45, 16.84, 79.24, 20.07, 22.94, 47.74, 43.74, 64.95, 32.03, 479.52)
LOSSES: dict[str, nn.Module] = {
    "weighted": MaskedLoss(nn.BCEWithLogitsLoss(reduction="none", pos_weight=torch.tensor([3.0, 9.0]))),
    "balanced": BatchBalancedBCE(),
    "focal": MaskedLoss(FocalLoss(reduction="none")),
    "asymmetric": MaskedLoss(AsymmetricLoss()),
    "auc_margin": AUCMarginLoss(),
}


def case(seed: int = 0, count: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(count, 2, generator=generator)
    return logits.requires_grad_(), (torch.rand(count, 2, generator=generator) < 0.3).float()


@pytest.mark.parametrize("name", LOSSES)
def test_ignored_labels_change_nothing(name: str) -> None:
    logits, targets = case()
    hidden = torch.cat([targets, torch.full((10, 2), -1.0)])
    more = torch.cat([logits, torch.randn(10, 2) * 50])
    torch.testing.assert_close(LOSSES[name](more, hidden), LOSSES[name](logits, targets))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("value", [0.0, 1.0, -1.0])
def test_batch_of_one_kind_stays_finite(name: str, value: float) -> None:
    logits, targets = case()
    loss = LOSSES[name](logits, torch.full_like(targets, value))
    loss.backward()
    assert torch.isfinite(loss)
    assert logits.grad is not None and torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("name", LOSSES)
def test_a_step_along_the_gradient_helps(name: str) -> None:
    logits, targets = case()
    loss = LOSSES[name](logits, targets)
    loss.backward()
    assert logits.grad is not None
    assert LOSSES[name](logits - 0.1 * logits.grad, targets) < loss


def test_batch_balance_is_the_formula_of_the_paper() -> None:
    logits, targets = case()
    probability, positives, negatives = logits.sigmoid(), targets.sum(), (1 - targets).sum()
    beta_p, beta_n = (positives + negatives) / positives, (positives + negatives) / negatives
    total = beta_p * -(targets * probability.log()).sum() + beta_n * -((1 - targets) * (1 - probability).log()).sum()
    torch.testing.assert_close(BatchBalancedBCE()(logits, targets), total / targets.numel())


def test_asymmetric_loss_without_asymmetry_is_cross_entropy() -> None:
    logits, targets = case()
    plain = AsymmetricLoss(focus_positive=0, focus_negative=0, margin=0)(logits, targets)
    expected = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    torch.testing.assert_close(plain, expected)


def test_auc_margin_is_the_spread_of_each_kind_plus_the_squared_shortfall() -> None:
    logits, targets = case()
    expected = []
    for score, target in zip(logits.sigmoid().T, targets.T, strict=True):
        above, below = score[target == 1], score[target == 0]
        shortfall = (1 + below.mean() - above.mean()).clamp_min(0)
        expected.append(above.var(correction=0) + below.var(correction=0) + shortfall**2)
    torch.testing.assert_close(AUCMarginLoss()(logits, targets), torch.stack(expected).mean())


def test_weights_are_negatives_over_positives_without_the_ignored() -> None:
    items = [{"label": label} for label in ([1, 0, 0], [0, 0, -1], [0, 0, 1], [0, 0, 0])]
    assert positive_weights(items).tolist() == [3, 4, 2]
    with pytest.raises(ValueError, match="training split is empty"):
        positive_weights([])


@pytest.mark.real_data
def test_weights_of_the_real_table_are_those_of_table_2(real_data_dir: Path) -> None:
    table = read_chestxray14(real_data_dir / "nih_chestxray14").table
    found = positive_weights([{"label": row} for row in table[list(LABELS)].to_numpy().tolist()])
    torch.testing.assert_close(found, torch.tensor(TABLE_2), rtol=0.06, atol=0)


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
    loss = BalancedBatchLoss(LOSSES["weighted"])(logits, torch.full_like(targets, value))
    loss.backward()
    assert torch.isfinite(loss) and logits.grad is not None and torch.isfinite(logits.grad).all()


def test_balanced_batch_resamples_training_only() -> None:
    loss = BalancedBatchLoss(LOSSES["weighted"])
    logits, targets = case()
    with torch.inference_mode():
        torch.testing.assert_close(loss(logits.detach(), targets), LOSSES["weighted"](logits, targets).detach())
    assert not torch.isclose(loss(logits, targets), LOSSES["weighted"](logits, targets))
