"""Ignored labels add neither loss nor gradient."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from radiobundle.losses import HingeLoss, MaskedLoss


def test_masked_loss_without_ignored_labels_is_the_mean() -> None:
    logits, targets = torch.randn(5, 3), torch.randint(0, 2, (5, 3)).float()
    masked = MaskedLoss(nn.BCEWithLogitsLoss(reduction="none"))
    torch.testing.assert_close(masked(logits, targets), nn.BCEWithLogitsLoss()(logits, targets))


def test_ignored_label_adds_no_loss_and_no_gradient() -> None:
    logits = torch.randn(4, 2, requires_grad=True)
    targets = torch.tensor([[1.0, -1], [0, -1], [1, -1], [0, -1]])
    loss = MaskedLoss(HingeLoss())(logits, targets)
    loss.backward()
    torch.testing.assert_close(loss, HingeLoss()(logits[:, 0], targets[:, 0]).mean())
    assert logits.grad is not None
    assert not logits.grad[:, 1].any() and logits.grad[:, 0].any()


def test_batch_of_ignored_labels_gives_zero_not_nan() -> None:
    logits = torch.randn(3, 2, requires_grad=True)
    loss = MaskedLoss(nn.BCEWithLogitsLoss(reduction="none"))(logits, -torch.ones(3, 2))
    loss.backward()
    assert loss.item() == 0 and logits.grad is not None and not logits.grad.any()


def test_smoothed_labels_are_pulled_to_the_middle_and_ignored_ones_stay_ignored() -> None:
    logits, targets = torch.tensor([[1.0, -2.0, 3.0]]), torch.tensor([[1.0, 0.0, -1.0]])
    smooth = MaskedLoss(nn.BCEWithLogitsLoss(reduction="none"), label_smoothing=0.2)(logits, targets)
    expected = nn.functional.binary_cross_entropy_with_logits(logits[:, :2], torch.tensor([[0.9, 0.1]]))
    torch.testing.assert_close(smooth, expected)
    with pytest.raises(ValueError, match="label_smoothing"):
        MaskedLoss(nn.BCEWithLogitsLoss(reduction="none"), label_smoothing=1)
