"""Losses that torch and MONAI lack."""

from radiobundle.losses.hinge import HingeLoss
from radiobundle.losses.masked import MaskedLoss

__all__ = ["HingeLoss", "MaskedLoss"]
