"""Batch transforms that run on the training device: normalisation and augmentation."""

from radiobundle.transforms.augment import RandomAffine, RandomExposure, RandomNoise, RandomSharpness
from radiobundle.transforms.normalise import StandardizeDataset, StandardizeEachImage

__all__ = [
    "RandomAffine",
    "RandomExposure",
    "RandomNoise",
    "RandomSharpness",
    "StandardizeDataset",
    "StandardizeEachImage",
]
