"""Uncertain as a third class of every label, seen from outside as one probability of the positive one."""

from __future__ import annotations

import torch
from torch import nn

CLASSES = 3  # of each label: negative, positive, uncertain


class LogOdds(nn.Module):
    """The log-odds of positive against negative from three logits of each label.

    Softmax over these two alone is the sigmoid of their difference, so what comes out is a logit like any other.

    Shape:
        (batch, 3 x labels), all negatives first, then all positives, then all uncertain ones, to (batch, labels).

    >>> LogOdds()(torch.tensor([[1.0, 3.0, 9.0]]))
    tensor([[2.]])
    """

    def forward(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the log-odds (batch, labels)."""
        negative, positive, _ = logits.chunk(CLASSES, dim=1)
        return positive - negative


class UncertainClasses(nn.Module):
    """A network with three outputs per label: all three in training, the log-odds of positive in evaluation.

    Source: Irvin et al. 2019, "CheXpert", section 3.1, U-MultiClass; its probability is that of positive among positive
    and negative. `losses.UncertainClassesLoss` is the loss, which takes either.

    Args:
        network: with logits (batch, 3 x labels) in the order of `LogOdds`.

    >>> network = UncertainClasses(nn.Linear(4, 6))
    >>> network(torch.zeros(1, 4)).shape, network.eval()(torch.zeros(1, 4)).shape
    (torch.Size([1, 6]), torch.Size([1, 2]))
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.log_odds = LogOdds()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (batch, 3 x labels) in training, (batch, labels) in evaluation."""
        logits: torch.Tensor = self.network(images)
        return logits if self.training else self.log_odds(logits)
