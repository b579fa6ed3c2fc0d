"""Element-wise hinge losses of independent binary labels, which torch only has for class indices."""

from __future__ import annotations

import torch
from torch import nn


class HingeLoss(nn.Module):
    """max(0, 1 - t z) ** power for logits z and labels t in {-1, 1}, label by label, not reduced.

    Source: Rosasco et al. 2004; `power=2` is the squared hinge loss.

    Args:
        power: 1 or 2.

    Shape:
        logits (batch, labels) and targets (batch, labels) in [0, 1] to losses (batch, labels).

    >>> HingeLoss()(torch.tensor([[2.0, 0.5]]), torch.tensor([[1.0, 0.0]]))
    tensor([[0.0000, 1.5000]])
    """

    def __init__(self, power: int = 1) -> None:
        super().__init__()
        if power not in (1, 2):
            raise ValueError(f"power must be 1 (hinge) or 2 (squared hinge), got {power}")
        self.power = power

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the loss of each label."""
        positive, negative = ((1 - sign * logits).clamp_min(0) ** self.power for sign in (1, -1))
        return targets * positive + (1 - targets) * negative
