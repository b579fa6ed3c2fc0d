"""Use as many negatives as positives of each label in a batch; the other negatives are left out."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from radiobundle.labels import PRESENT_FROM


class ResampledBatchLoss(nn.Module):
    """Any loss that ignores -1, over a batch re-sampled label by label to equal positives and negatives.

    Source: Chen, Chen, Chen and Xiao, section 4.2: "when the batch size is 8, there are only 2 positive samples and
    then we randomly pick 2 negative samples and abandoned the rest". With 14 labels to an image this can hold for each
    label on its own only, so labels are left out, not images: a label without a positive takes no part in the batch.
    Only training is re-sampled; without gradients, as in validation, every label counts. Each process balances its own
    batch.

    Args:
        loss: maps logits and targets (batch, labels) to a scalar and ignores -1, such as `MaskedLoss`.

    Shape:
        logits (batch, labels), targets (batch, labels) in {1, 0, -1 = ignored}; returns a scalar.
    """

    def __init__(self, loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the loss over the kept labels."""
        return self.loss(logits, balance_batch(targets) if logits.requires_grad else targets)


def balance_batch(targets: torch.Tensor) -> torch.Tensor:
    """Return targets (batch, labels) in which surplus negatives of each label, chosen at random, are -1.

    >>> balance_batch(torch.tensor([[1], [0], [0], [0]])).sum(dim=0)  # one positive, one negative, two ignored
    tensor([-1])
    """
    negative = (targets >= 0) & (targets < PRESENT_FROM)
    order = torch.where(negative, torch.rand(targets.shape, device=targets.device), 2.0)
    rank = order.argsort(dim=0).argsort(dim=0)
    surplus = negative & (rank >= (targets >= PRESENT_FROM).sum(dim=0))
    return targets.masked_fill(surplus, -1)
