"""Transforms: of one film before it is packed (enhancement), of a batch on the device (augmentation, normalisation)."""

from radiobundle.transforms.augment import RandomAffine, RandomExposure, RandomNoise, RandomSharpness
from radiobundle.transforms.enhancement import EnhancementChannels
from radiobundle.transforms.normalise import StandardizeDataset, StandardizeEachImage, SubtractAverageImage

__all__ = [
    "EnhancementChannels",
    "RandomAffine",
    "RandomExposure",
    "RandomNoise",
    "RandomSharpness",
    "StandardizeDataset",
    "StandardizeEachImage",
    "SubtractAverageImage",
]
