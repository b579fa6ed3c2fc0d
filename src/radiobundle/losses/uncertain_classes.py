"""Cross-entropy of three classes per label: negative, positive, uncertain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from radiobundle.labels import UNCERTAIN_CLASS


class UncertainClassesLoss(nn.Module):
    """Mean cross-entropy over the labels that are known to be negative, positive or uncertain.

    Source: Irvin et al. 2019, "CheXpert", section 3.1, U-MultiClass. In evaluation `networks.UncertainClasses` gives
    one logit per label; the loss is then the binary cross-entropy of the labels that are negative or positive.

    Args:
        items: of the training split, each with `label`.

    Raises:
        ValueError: none of their labels is uncertain as a class, so that there would be nothing to learn.

    Shape:
        logits (batch, 3 x labels) as `networks.uncertain_classes.LogOdds` orders them, or (batch, labels); targets
        (batch, labels) in 0 to 1, -2 = uncertain, -1 = ignored; returns a scalar, zero without any known label.

    >>> logits = torch.tensor([[0.0, 0.0, 9.0]])  # one label, and it is uncertain
    >>> UncertainClassesLoss()(logits, torch.tensor([[-2.0]])) < 0.001
    tensor(True)
    """

    def __init__(self, items: Sequence[Mapping[str, Any]] | None = None) -> None:
        super().__init__()
        if items is not None and not any(UNCERTAIN_CLASS in item["label"] for item in items):
            raise ValueError(
                f"no label of the {len(items)} training images is uncertain as a class of its own; make the list with "
                "`uncertain` multiclass"
            )

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the mean loss."""
        decided, uncertain = targets >= 0, targets == UNCERTAIN_CLASS
        positive = targets.clamp_min(0)
        if logits.shape == targets.shape:
            losses = functional.binary_cross_entropy_with_logits(logits, positive, reduction="none")
            return _mean(losses, decided)
        wanted = torch.stack([(1 - positive) * decided, positive * decided, uncertain.to(positive.dtype)], dim=1)
        losses = -(wanted * logits.view_as(wanted).log_softmax(dim=1)).sum(dim=1)
        return _mean(losses, decided | uncertain)


def _mean(losses: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    return (losses * known).sum() / known.sum().clamp_min(1)
