"""Asymmetric loss for many labels of which few are present."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class AsymmetricLoss(nn.Module):
    """Focal loss with its own focusing for positives and negatives, and with easy negatives left out; not reduced.

    Source: Ridnik et al. 2021, "Asymmetric Loss For Multi-Label Classification", equations 4 to 7; its defaults.
    MONAI's loss of that name is for segmentation.

    Args:
        focus_positive: gamma+.
        focus_negative: gamma-.
        margin: negatives of a probability below it cost nothing.

    Shape:
        logits (batch, labels) and targets (batch, labels) in {0, 1} to losses (batch, labels).

    >>> AsymmetricLoss()(torch.tensor([[0.0, -4.0]]), torch.tensor([[1.0, 0.0]]))
    tensor([[0.6931, 0.0000]])
    """

    def __init__(self, *, focus_positive: float = 0.0, focus_negative: float = 4.0, margin: float = 0.05) -> None:
        super().__init__()
        if min(focus_positive, focus_negative) < 0 or not 0 <= margin < 1:
            raise ValueError("focus_positive and focus_negative must not be negative, margin must lie in [0, 1)")
        self.focus_positive, self.focus_negative, self.margin = focus_positive, focus_negative, margin

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the loss of each label."""
        probability = logits.sigmoid()
        shifted = (probability - self.margin).clamp_min(0)
        positive = -((1 - probability) ** self.focus_positive) * functional.logsigmoid(logits)
        negative = -(shifted**self.focus_negative) * torch.log1p(-shifted.clamp_max(1 - 1e-6))
        return targets * positive + (1 - targets) * negative
