"""Transforms of one image before it is packed (enhancement) and of a batch on the device (the others)."""

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
