"""What the tests of the losses have in common."""

from __future__ import annotations

import torch
from monai.losses import FocalLoss
from torch import nn

from radiobundle.losses import AsymmetricLoss, AUCMarginLoss, BalancedBCE, HingeLoss, MaskedLoss, UncertainClassesLoss

LOSSES: dict[str, nn.Module] = {
    "weighted": MaskedLoss(nn.BCEWithLogitsLoss(reduction="none", pos_weight=torch.tensor([3.0, 9.0]))),
    "balanced": BalancedBCE(),
    "focal": MaskedLoss(FocalLoss(reduction="none")),
    "asymmetric": MaskedLoss(AsymmetricLoss()),
    "auc_margin": AUCMarginLoss(),
    "hinge": MaskedLoss(HingeLoss()),
    "uncertain_classes": UncertainClassesLoss(),
}


def case(seed: int = 0, count: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    """Return logits and targets of two labels."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(count, 2, generator=generator)
    return logits.requires_grad_(), (torch.rand(count, 2, generator=generator) < 0.3).float()
