"""Read an image that was saved as NIfTI (nibabel) or MetaImage or NRRD (ITK): a volume of a single slice."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import itk
import nibabel
import numpy as np
from PIL import Image

from radiobundle.images.errors import UnreadableImageError, plain_reason
from radiobundle.images.formats import Format
from radiobundle.images.opened import OpenedImage, luminance, to_shares


def open_volume(data: bytes, name: str, *, kind: Format) -> OpenedImage:
    """Decode the bytes of file `name` to mode L, rows downwards, scaled from its own range.

    NIfTI's first axis runs across and its second one down, as in a PNG that was converted to it; orientation fields
    mean nothing for a projection and are not looked at. Colours of 8 bits are converted by luminance.

    Raises:
        UnreadableImageError: the file is broken, or holds more than one slice.
    """
    try:
        pixels = _read_nifti(data) if kind is Format.NIFTI else _read_itk(data)
    except Exception as error:  # both libraries raise nearly every type on broken files
        reason = plain_reason(error)
        raise UnreadableImageError(f"{name}: not a readable image ({type(error).__name__}: {reason})") from error
    mode = f"{'NIfTI' if kind is Format.NIFTI else _itk_name(data)} {pixels.dtype}"
    if kind is Format.ITK and pixels.ndim == 3 and pixels.shape[2] in (3, 4) and pixels.dtype == np.uint8:
        image = Image.fromarray(luminance(pixels))
        return OpenedImage(image, f"{mode} colour", image.size)
    if pixels.squeeze().ndim != 2:
        shape = "x".join(map(str, pixels.shape))
        raise UnreadableImageError(f"{name}: holds a volume of {shape}; an image has one slice")
    values = pixels.squeeze().astype(np.float64)
    if not np.isfinite(values).all():
        raise UnreadableImageError(f"{name}: holds values that are not finite")
    image = Image.fromarray(np.rint(255 * to_shares(values)).astype(np.uint8))
    return OpenedImage(image, mode, image.size)


def _read_nifti(data: bytes) -> np.ndarray:
    plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    kind = nibabel.Nifti2Image if plain[4:7] in (b"n+2", b"ni2") else nibabel.Nifti1Image
    return np.asarray(kind.from_bytes(plain).dataobj).squeeze().T


def _read_itk(data: bytes) -> np.ndarray:
    suffix = ".nrrd" if data.startswith(b"NRRD") else ".mha"
    with tempfile.TemporaryDirectory() as folder:  # ITK reads files only
        path = Path(folder) / f"image{suffix}"
        path.write_bytes(data)
        return np.asarray(itk.array_from_image(itk.imread(str(path))))


def _itk_name(data: bytes) -> str:
    return "NRRD" if data.startswith(b"NRRD") else "MetaImage"
