"""Cross-entropy in which the positives and the negatives of a batch have the same total weight."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class BalancedBCE(nn.Module):
    """W-CEL of Wang et al. 2017 and of Qian and Zhao (equation 1), divided by the number of labels.

    beta_P = (|P| + |N|) / |P| weighs each positive label of the batch, beta_N = (|P| + |N|) / |N| each negative one, so
    that the mean over all known labels is the mean loss of the positives plus that of the negatives. A batch without
    positives (or negatives) has only the other term, and stays finite.

    Shape:
        logits (batch, labels), targets (batch, labels) in 0 to 1, below 0 = ignored; returns a scalar.

    >>> BalancedBCE()(torch.zeros(4, 1), torch.tensor([[1.0], [0.0], [0.0], [0.0]]))  # log 2 for each side
    tensor(1.3863)
    """

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the mean loss of the positives plus the mean loss of the negatives."""
        positive = targets.clamp_min(0)
        negative = (targets >= 0).to(positive.dtype) - positive
        return _mean_of(-functional.logsigmoid(logits), positive) + _mean_of(-functional.logsigmoid(-logits), negative)


def _mean_of(losses: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    total = chosen.sum()
    return (losses * chosen).sum() / total.where(total > 0, 1)
