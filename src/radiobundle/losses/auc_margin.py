"""AUC-margin loss of independent labels: MONAI's, label by label, without its special optimiser."""

from __future__ import annotations

import torch
from monai.losses import AUCMLoss
from torch import nn

from radiobundle.labels import PRESENT_FROM


class AUCMarginLoss(nn.Module):
    """MONAI's `AUCMLoss` ("v2") of each label's probability, its three auxiliary numbers at their optimum of the batch.

    Source: Yuan et al. 2021, "Large-scale Robust Deep AUC Maximization", equation 5. There, two means (a, b) and a
    multiplier (alpha) are learned by a min-max optimiser; for one batch their best values are known (the mean score of
    the positives, of the negatives, and margin + b - a, not below 0), and any optimiser will do. A label without a
    positive or without a negative in the batch takes no part: rare labels need large batches or resampling.

    Args:
        margin: how far the positives' mean probability should lie above the negatives'.

    Shape:
        logits (batch, labels), targets (batch, labels) in {1, 0, -1 = ignored}; returns a scalar.

    >>> AUCMarginLoss()(torch.tensor([[9.0], [-9.0]]), torch.tensor([[1.0], [0.0]])) < 0.01
    tensor(True)
    """

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = margin
        self.loss = AUCMLoss(margin=margin, version="v2").requires_grad_(False)

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the mean over the labels that have both values in this batch."""
        losses = [
            self._one_label(score[target >= 0], (target[target >= 0] >= PRESENT_FROM).to(score.dtype))
            for score, target in zip(logits.sigmoid().T, targets.T, strict=True)
            if (target >= PRESENT_FROM).any() and ((target >= 0) & (target < PRESENT_FROM)).any()
        ]
        return torch.stack(losses).mean() if losses else logits.sum() * 0

    def _one_label(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            self.loss.to(scores.device)
            self.loss.a.copy_(scores[targets == 1].mean())
            self.loss.b.copy_(scores[targets == 0].mean())
            self.loss.alpha.copy_((self.margin + self.loss.b - self.loss.a).clamp_min(0))
        loss: torch.Tensor = self.loss(scores[:, None], targets[:, None])
        return loss
