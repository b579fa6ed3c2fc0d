"""Transforms of one image before it is packed (enhancement, border, markers) and of a batch on the device (others)."""

from radiobundle.transforms.border import MaskBorder as MaskBorder
from radiobundle.transforms.border import OnlyBorder as OnlyBorder
from radiobundle.transforms.enhancement import EnhancementChannels as EnhancementChannels
from radiobundle.transforms.exposure import RandomBrightness as RandomBrightness
from radiobundle.transforms.exposure import RandomContrast as RandomContrast
from radiobundle.transforms.exposure import RandomExposure as RandomExposure
from radiobundle.transforms.geometry import RandomAffine as RandomAffine
from radiobundle.transforms.geometry import RandomCrop as RandomCrop
from radiobundle.transforms.hierarchy import ChainProbabilities as ChainProbabilities
from radiobundle.transforms.markers import MaskMarkers as MaskMarkers
from radiobundle.transforms.noise import RandomNoise as RandomNoise
from radiobundle.transforms.normalise import StandardizeBy as StandardizeBy
from radiobundle.transforms.normalise import StandardizeDataset as StandardizeDataset
from radiobundle.transforms.normalise import StandardizeEachImage as StandardizeEachImage
from radiobundle.transforms.normalise import SubtractAverageImage as SubtractAverageImage
from radiobundle.transforms.sharpness import RandomBlur as RandomBlur
from radiobundle.transforms.sharpness import RandomSharpness as RandomSharpness
