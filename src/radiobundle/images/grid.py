"""Map from the pixels that a network sees back to those of the image file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import InvertibleTransform
from torch.nn.functional import interpolate

from radiobundle.images.formats import Format, is_dicom, read_format
from radiobundle.images.grayscale import open_grayscale, read_bytes


@dataclass(frozen=True)
class ImageGrid:
    """The pixels of an image file.

    Attributes:
        size_px: (height, width) in the file, upright.
        square_size_px: the same in square pixels, as passed to the reader's steps.
        spacing_mm: spacing of (rows, columns) in the file; None: unknown.
        affine: affine of a NIfTI file, (4, 4); None for any other.
    """

    size_px: tuple[int, int]
    square_size_px: tuple[int, int]
    spacing_mm: tuple[float, float] | None = None
    affine: np.ndarray | None = None


def read_grid(path: str | Path) -> ImageGrid:
    """Return the grid of an image file.

    Raises:
        UnreadableImageError: see `open_grayscale`.
    """
    opened = open_grayscale(read_bytes(path), str(path), min_size_px=None)
    square = (opened.image.height, opened.image.width)
    if is_dicom(Path(path)):
        from radiobundle.images.dicom import pixel_spacing  # noqa: PLC0415 - only the extra has pydicom

        return ImageGrid((opened.size_px[1], opened.size_px[0]), square, pixel_spacing(path))
    if read_format(path) is Format.NIFTI:
        from radiobundle.images.volumes import nifti_affine  # noqa: PLC0415 - only the extra has nibabel

        affine = nifti_affine(path)
        across, down = (float(np.linalg.norm(affine[:3, axis])) for axis in (0, 1))
        return ImageGrid(square, square, (down, across), affine)
    return ImageGrid(square, square)


def to_image_grid(heat: np.ndarray, grid: ImageGrid, *, steps: Sequence[Callable[[Any], Any]] = ()) -> np.ndarray:
    """Return a map in a network's input, resampled to the pixels of the image file: float32 (height, width).

    Resizing is undone bilinearly; regions cropped by a step, which the network never saw, are 0.

    Args:
        heat: (height, width).
        grid: grid of the file.
        steps: steps of the reader.

    Raises:
        ValueError: a step changes the image's size in a way that cannot be undone.
    """
    seen = MetaTensor(torch.zeros(1, *grid.square_size_px))
    undone = [step for step in steps if _moves_pixels(step)]
    for step in undone:
        seen = step(seen)
    whole = MetaTensor(
        _resize(torch.as_tensor(heat), tuple(seen.shape[1:])), applied_operations=seen.applied_operations
    )
    for step in reversed(undone):
        whole = step.inverse(whole)
    return _resize(whole.as_tensor()[0], grid.size_px)[0].numpy()


def over_whole_image(
    heat: np.ndarray, path: str | Path, *, steps: Sequence[Callable[[Any], Any]], longest_px: int = 512
) -> np.ndarray:
    """Return a map over the whole image, for a figure; its sides have the proportions of the image in square pixels.

    Args:
        heat: (height, width), in the network's input.
        path: of the image.
        steps: steps of the reader; if none moves pixels, the map already covers the whole image.
        longest_px: side of the map, in pixels, at most.

    Raises:
        ValueError: see `to_image_grid`.
    """
    if not any(_moves_pixels(step) for step in steps):
        return heat
    square = read_grid(path).square_size_px
    whole = to_image_grid(heat, ImageGrid(square, square), steps=steps)
    shrink = min(1.0, longest_px / max(square))
    return _resize(torch.as_tensor(whole), tuple(max(1, round(side * shrink)) for side in square))[0].numpy()


def keeps_size(steps: Sequence[Callable[[Any], Any]]) -> bool:
    """Whether an image is as large after a reader's steps as before."""
    probe: Any = np.linspace(0, 255, 10_000, dtype=np.float32).reshape(1, 100, 100)
    for step in steps:
        probe = step(probe)
    return tuple(probe.shape[1:]) == (100, 100)


def _moves_pixels(step: Callable[[Any], Any]) -> bool:
    """Whether a step moves pixels; those of MONAI that do can be inverted."""
    if isinstance(step, InvertibleTransform):
        return True
    if not keeps_size([step]):
        raise ValueError(
            f"preprocessing step {type(step).__name__} changes the image's size and cannot be undone, so no map can be "
            "laid over the image; use an invertible transform of MONAI, such as CenterScaleCrop"
        )
    return False


def _resize(heat: torch.Tensor, size_px: tuple[int, ...]) -> torch.Tensor:
    """Return a map (1, height, width) of another size."""
    if tuple(heat.shape) == tuple(size_px):
        return heat[None].float()
    return interpolate(heat[None, None].float(), size=size_px, mode="bilinear", align_corners=False)[0]
