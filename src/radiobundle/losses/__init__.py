"""Losses that torch and MONAI lack, or lack for independent labels; class weights from a datalist."""

from radiobundle.losses.asymmetric import AsymmetricLoss
from radiobundle.losses.auc_margin import AUCMarginLoss
from radiobundle.losses.balanced_batch import BalancedBatchLoss
from radiobundle.losses.batch_balanced import BatchBalancedBCE
from radiobundle.losses.class_weights import positive_weights
from radiobundle.losses.hinge import HingeLoss
from radiobundle.losses.masked import MaskedLoss

__all__ = [
    "AUCMarginLoss",
    "AsymmetricLoss",
    "BalancedBatchLoss",
    "BatchBalancedBCE",
    "HingeLoss",
    "MaskedLoss",
    "positive_weights",
]
