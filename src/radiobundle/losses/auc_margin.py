"""AUC-margin loss of independent labels, without its special optimiser."""

from __future__ import annotations

import torch
from torch import nn

from radiobundle.labels import PRESENT_FROM


class AUCMarginLoss(nn.Module):
    """The AUC-margin loss of each label's probability, its three auxiliary numbers at their optimum of the batch.

    Source: Yuan et al. 2021, "Large-scale Robust Deep AUC Maximization", equation 5. There, two means (a, b) and a
    multiplier (alpha) are learned by a min-max optimiser; for one batch their best values are known (the mean score of
    the positives, of the negatives, and margin + b - a, not below 0), and any optimiser will do. The loss then is the
    variance of either kind plus the square of that alpha. A label without a positive or without a negative in the batch
    takes no part: rare labels need large batches or resampling.

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

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the mean over the labels that have both values in this batch."""
        scores = logits.sigmoid()
        positive = (targets >= PRESENT_FROM).to(scores.dtype)
        negative = ((targets >= 0) & (targets < PRESENT_FROM)).to(scores.dtype)
        above, spread_above = _mean_and_variance(scores, positive)
        below, spread_below = _mean_and_variance(scores, negative)
        losses = spread_above + spread_below + (self.margin + below - above).clamp_min(0) ** 2
        has_both = ((positive.sum(0) > 0) & (negative.sum(0) > 0)).to(scores.dtype)
        return (losses * has_both).sum() / has_both.sum().clamp_min(1)


def _mean_and_variance(scores: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return both over the batch, for each label; 0 where all weights are."""
    count = weights.sum(0).clamp_min(1)
    mean = (scores * weights).sum(0) / count
    return mean, ((scores - mean) ** 2 * weights).sum(0) / count
