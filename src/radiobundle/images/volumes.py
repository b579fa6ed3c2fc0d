"""Read a film that was saved as NIfTI (nibabel) or MetaImage or NRRD (ITK): a volume of a single slice."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import itk
import nibabel
import numpy as np
from PIL import Image

from radiobundle.images.errors import UnreadableImageError

NIFTI_SUFFIXES = (".nii", ".nii.gz")


def open_volume(data: bytes, name: str) -> Image.Image:
    """Decode the bytes of file `name` to a Pillow image of mode L, rows downwards, scaled from its own range.

    NIfTI's first axis runs across and its second one down, as in a PNG that was converted to it; orientation fields
    mean nothing for a projection and are not looked at.

    Raises:
        UnreadableImageError: the file is broken, or holds more than one slice.
    """
    try:
        pixels = _read_nifti(data) if name.lower().endswith(NIFTI_SUFFIXES) else _read_itk(data, name)
    except Exception as error:  # both libraries raise nearly every type on broken files
        raise UnreadableImageError(f"{name}: not a readable image ({type(error).__name__}: {error})") from error
    if pixels.squeeze().ndim != 2:
        shape = "x".join(map(str, pixels.shape))
        raise UnreadableImageError(f"{name}: holds a volume of {shape}; one film is one slice")
    values = pixels.squeeze().astype(np.float64)
    if not np.isfinite(values).all():
        raise UnreadableImageError(f"{name}: holds values that are not finite")
    low, high = values.min(), values.max()
    return Image.fromarray(np.rint(255 * (values - low) / max(high - low, 1e-12)).astype(np.uint8))


def _read_nifti(data: bytes) -> np.ndarray:
    plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    return np.asarray(nibabel.Nifti1Image.from_bytes(plain).dataobj).squeeze().T


def _read_itk(data: bytes, name: str) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:  # ITK reads files only
        path = Path(folder) / Path(name).name
        path.write_bytes(data)
        return np.asarray(itk.array_from_image(itk.imread(str(path))))
