"""What the losses have in common: ignored labels, batches without positives, gradients that help."""

from __future__ import annotations

import pytest
import torch

from loss_cases import LOSSES, case


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
