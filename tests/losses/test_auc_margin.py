"""The AUC margin loss."""

from __future__ import annotations

import torch
from monai.losses import AUCMLoss

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


def test_gradient_is_that_of_monais_loss_at_the_optimum() -> None:
    logits, targets = case()
    leaf, other = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    AUCMarginLoss()(leaf, targets).backward()
    losses = []
    for score, target in zip(other.sigmoid().T, targets.T, strict=True):
        reference, known = AUCMLoss(version="v2").requires_grad_(False), target >= 0
        a, b = score[target == 1].mean().item(), score[target == 0].mean().item()
        for value, name in ((a, "a"), (b, "b"), (max(1 + b - a, 0), "alpha")):
            getattr(reference, name).fill_(value)
        losses.append(reference(score[known, None], target[known, None].float()))
    torch.stack(losses).mean().backward()
    torch.testing.assert_close(leaf.grad, other.grad)


def test_labels_of_one_kind_take_no_part() -> None:
    logits = torch.tensor([[1.0, 2.0], [0.5, -1.0]], requires_grad=True)
    alone = AUCMarginLoss()(logits[:, :1], torch.tensor([[1], [0]]))
    both = AUCMarginLoss()(logits, torch.tensor([[1, 1], [0, 1]]))
    torch.testing.assert_close(both, alone)
    none = AUCMarginLoss()(logits, torch.tensor([[1, 0], [-1, 0]]))
    none.backward()
    assert none == 0 and logits.grad is not None and not logits.grad.any()
