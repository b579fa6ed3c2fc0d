"""Losses that leave out ignored labels (-1)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn


class MaskedLoss(nn.Module):
    """Mean of an element-wise loss over the labels that are known.

    Args:
        loss: maps logits and targets (batch, labels) to losses (batch, labels), for example
            `torch.nn.BCEWithLogitsLoss(reduction="none")` or `HingeLoss`.

    Shape:
        logits (batch, labels), targets (batch, labels) in {1, 0, -1 = ignored}; returns a scalar, zero (with zero
        gradients) when every label of the batch is ignored.

    >>> loss = MaskedLoss(nn.BCEWithLogitsLoss(reduction="none"))
    >>> loss(torch.tensor([[0.0, 9.0]]), torch.tensor([[1.0, -1.0]]))  # the second label is not known
    tensor(0.6931)
    """

    def __init__(self, loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the mean loss over known labels."""
        known = (targets >= 0).to(logits.dtype)
        losses = self.loss(logits, targets.clamp_min(0)) * known
        return losses.sum() / known.sum().clamp_min(1)
