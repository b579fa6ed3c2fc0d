"""What the losses have in common: ignored labels, batches without positives, gradients that help."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

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


@pytest.mark.parametrize("name", LOSSES)
@given(seed=st.integers(0, 2**16), hidden=st.lists(st.booleans(), min_size=80, max_size=80))
def test_masked_labels_get_no_gradient_and_change_no_other(name: str, seed: int, hidden: list[bool]) -> None:
    mask = torch.tensor(hidden).view(40, 2)
    logits, targets = case(seed)
    known = targets.masked_fill(mask, -1.0)
    loss = LOSSES[name](logits, known)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert not gradient[mask].any()
    other = torch.where(mask, logits.detach() * -7 + 3, logits.detach()).requires_grad_()
    again = LOSSES[name](other, known)
    torch.testing.assert_close(again, loss)
    torch.testing.assert_close(torch.autograd.grad(again, other)[0], gradient)


LINEAR = ["weighted", "balanced", "focal", "asymmetric", "hinge", "uncertain_classes"]


@pytest.mark.parametrize("name", LINEAR)
def test_soft_label_lies_between_yes_and_no(name: str) -> None:
    logits = torch.tensor([[0.7, -0.3]])
    losses = [LOSSES[name](logits, torch.full((1, 2), value)) for value in (0.0, 0.4, 1.0)]
    low, high = min(losses[0], losses[2]), max(losses[0], losses[2])
    if name == "balanced":  # the weighted mean of each side, however small the weights
        logit = logits.view(2)
        expected = functional.softplus(-logit).mean() + functional.softplus(logit).mean()
        torch.testing.assert_close(losses[1], expected)
    else:
        assert low < losses[1] < high
