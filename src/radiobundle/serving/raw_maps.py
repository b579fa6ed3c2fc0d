"""Heat maps as numbers on the pixels of the image file: NPY and NIfTI."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np

from radiobundle.files import replacing
from radiobundle.images.grid import ImageGrid


def can_write_nifti() -> bool:
    """Whether the libraries for it are installed (extra `formats`)."""
    try:
        importlib.import_module("radiobundle.images.volumes")
    except ImportError:
        return False
    return True


def write_raw_map(heat: np.ndarray, grid: ImageGrid, stem: Path, *, nifti: bool) -> list[Path]:
    """Write a map as `.npy` (float32, height x width) and, if wanted, as `.nii.gz`; return the files.

    Args:
        heat: on the grid of the image file.
        grid: of the file.
        stem: path of the files without their suffix.
        nifti: write it too. A file that is NIfTI itself keeps its place in space; others lie as ITK puts them, with
            the rows' spacing of the file or, where it says none, 1 mm.
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
    """Return where pixels lie: across from the patient's right to left, down from front to back, as ITK writes it."""
    if grid.affine is not None:
        return grid.affine
    down, across = grid.spacing_mm or (1.0, 1.0)
    return np.diag([-across, -down, 1.0, 1.0])
