"""The transforms of the usual MONAI pipeline that the benchmarks compare with."""

from __future__ import annotations

from typing import Any

from monai.transforms import (
    LoadImaged,
    RandAdjustContrastd,
    RandAffined,
    RandFlipd,
    RandGaussianNoised,
    Resized,
    ScaleIntensityd,
)


def loading(size_px: int, **load_options: Any) -> list[Any]:
    """Return what is done once to each image: load, resize to a square, bring to the unit range."""
    return [
        LoadImaged("image", image_only=True, ensure_channel_first=True, **load_options),
        Resized("image", [size_px] * 2),
        ScaleIntensityd("image"),
    ]


def augmentation() -> list[Any]:
    """Return what is done to each image every time."""
    return [
        RandFlipd("image", prob=0.5, spatial_axis=0),
        RandAffined("image", prob=0.5, rotate_range=0.17, translate_range=8, scale_range=0.1),
        RandAdjustContrastd("image", prob=0.5, gamma=(0.67, 1.5)),
        RandGaussianNoised("image", prob=0.5, std=0.04),
    ]
