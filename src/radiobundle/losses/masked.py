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
        label_smoothing: s moves a target from t to (1 - s) t + s / 2, from 0 up to below 1.

    Shape:
        logits (batch, labels), targets (batch, labels) in {1, 0, -1 = ignored}; returns a scalar, zero (with zero
        gradients) when every label of the batch is ignored.

    >>> loss = MaskedLoss(nn.BCEWithLogitsLoss(reduction="none"))
    >>> loss(torch.tensor([[0.0, 9.0]]), torch.tensor([[1.0, -1.0]]))  # the second label is not known
    tensor(0.6931)
    """

    def __init__(
        self, loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], label_smoothing: float = 0.0
    ) -> None:
        super().__init__()
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must lie from 0 to below 1, got {label_smoothing}")
        self.loss, self.label_smoothing = loss, label_smoothing

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the mean loss over known labels."""
        known = (targets >= 0).to(logits.dtype)
        smoothed = (1 - self.label_smoothing) * targets.clamp_min(0) + self.label_smoothing / 2
        losses = self.loss(logits, smoothed) * known
        return losses.sum() / known.sum().clamp_min(1)
