"""Heat maps as arrays at the resolution of the image file: NPY and NIfTI."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np

from radiobundle.files import replacing
from radiobundle.images.grid import ImageGrid


def can_write_nifti() -> bool:
    """Whether the libraries for NIfTI are installed (extra `formats`)."""
    try:
        importlib.import_module("radiobundle.images.volumes")
    except ImportError:
        return False
    return True


def write_raw_map(heat: np.ndarray, grid: ImageGrid, stem: Path, *, nifti: bool) -> list[Path]:
    """Write a map as `.npy` (float32, height x width) and, if wanted, as `.nii.gz`; return the files.

    Args:
        heat: heat map on the grid of the image file.
        grid: grid of the file.
        stem: path of the files without their suffix.
        nifti: also write NIfTI. A NIfTI file keeps its position in space; others are placed as by ITK, with the row
            spacing given in the file or, if it gives none, 1 mm.
    """
    files = [stem.with_name(f"{stem.name}.npy")]
    with replacing(files[0]) as temporary:
        np.save(temporary, heat.astype(np.float32))
    if nifti:
        from radiobundle.images.volumes import write_nifti  # noqa: PLC0415 - only the extra has nibabel

        files.append(stem.with_name(f"{stem.name}.nii.gz"))
        with replacing(files[1]) as temporary:
            write_nifti(temporary, heat, _affine(grid))
    return files


def _affine(grid: ImageGrid) -> np.ndarray:
    """Return the affine that ITK writes: columns run from the patient's right to left, rows from front to back."""
    if grid.affine is not None:
        return grid.affine
    down, across = grid.spacing_mm or (1.0, 1.0)
    return np.diag([-across, -down, 1.0, 1.0])
