"""Losses that torch and MONAI lack, or lack for independent labels; class weights from a datalist."""

from radiobundle.losses.asymmetric import AsymmetricLoss as AsymmetricLoss
from radiobundle.losses.auc_margin import AUCMarginLoss as AUCMarginLoss
from radiobundle.losses.balanced_bce import BalancedBCE as BalancedBCE
from radiobundle.losses.class_weights import balanced_class_weights as balanced_class_weights
from radiobundle.losses.class_weights import positive_fractions as positive_fractions
from radiobundle.losses.class_weights import positive_weights as positive_weights
from radiobundle.losses.hinge import HingeLoss as HingeLoss
from radiobundle.losses.masked import MaskedLoss as MaskedLoss
from radiobundle.losses.resampled_batch import ResampledBatchLoss as ResampledBatchLoss
from radiobundle.losses.uncertain_classes import UncertainClassesLoss as UncertainClassesLoss
