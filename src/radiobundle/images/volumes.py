"""Read an image that was saved as NIfTI (nibabel) or MetaImage or NRRD (ITK): a volume of a single slice."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path
from typing import Any

import itk
import nibabel
import numpy as np
from PIL import Image

from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.formats import Format
from radiobundle.images.opened import OpenedImage, luminance, to_shares


def open_volume(data: bytes, name: str, *, kind: Format) -> OpenedImage:
    """Decode the bytes of file `name` to mode L, rows downwards, scaled from its own range.

    NIfTI's first axis runs across and its second one down, as in a PNG that was converted to it; orientation fields
    mean nothing for a projection and are not looked at. Colours of 8 bits are converted by luminance.

    Raises:
        UnreadableImageError: more than one slice, complex numbers, or values that are not finite.
        Exception: of any type, by the libraries: damaged.
    """
    pixels, is_colour = _read_nifti(data) if kind is Format.NIFTI else _read_itk(data)
    what = "NIfTI" if kind is Format.NIFTI else "NRRD" if data.startswith(b"NRRD") else "MetaImage"
    mode = f"{what} {pixels.dtype}"
    if is_colour and pixels.ndim == 3:
        image = Image.fromarray(luminance(pixels))
        return OpenedImage(image, f"{mode} colour", image.size)
    if is_colour or pixels.squeeze().ndim != 2:
        shape = "x".join(map(str, pixels.shape))
        raise UnreadableImageError(f"{name}: holds a volume of {shape}; an image has one slice")
    if pixels.dtype.kind == "c":
        raise UnreadableImageError(f"{name}: holds complex numbers, which have no grey levels; save their magnitude")
    values = pixels.squeeze().astype(np.float64)
    if not np.isfinite(values).all():
        raise UnreadableImageError(f"{name}: holds values that are not finite")
    image = Image.fromarray(np.rint(255 * to_shares(values)).astype(np.uint8))
    return OpenedImage(image, mode, image.size)


def nifti_affine(path: str | Path) -> np.ndarray:
    """Return where the pixels of a NIfTI file of one slice lie: (4, 4), mm, for axes across, down and through."""
    image = _open_nifti(Path(path).read_bytes())
    sizes = (*image.shape, 1, 1)[:3]
    order = sorted(range(3), key=lambda axis: sizes[axis] == 1)  # the slice may be the first axis of the file
    return np.asarray(image.affine, dtype=np.float64)[:, [*order, 3]]


def write_nifti(path: str | Path, values: np.ndarray, affine: np.ndarray) -> None:
    """Write values (height, width) as a NIfTI image (`.nii.gz`) of one slice, its axes across, down and through."""
    image = nibabel.Nifti1Image(np.asarray(values, np.float32).T[:, :, None], affine)
    image.header.set_xyzt_units("mm")
    Path(path).write_bytes(gzip.compress(image.to_bytes(), compresslevel=6, mtime=0))


def _open_nifti(data: bytes) -> Any:
    plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    kind = nibabel.Nifti2Image if plain[4:7] in (b"n+2", b"ni2") else nibabel.Nifti1Image
    return kind.from_bytes(plain)


def _read_nifti(data: bytes) -> tuple[np.ndarray, bool]:
    """Return the values (height, width) or, of colours, (height, width, samples), and whether they are colours."""
    values = np.asarray(_open_nifti(data).dataobj).squeeze().T
    if values.dtype.names is None:
        return values, False
    return np.stack([values[sample] for sample in values.dtype.names], axis=-1), True  # RGB24, RGBA32


def _read_itk(data: bytes) -> tuple[np.ndarray, bool]:
    """Return the same of a file of ITK."""
    suffix = ".nrrd" if data.startswith(b"NRRD") else ".mha"
    with tempfile.TemporaryDirectory() as folder:  # ITK reads files only
        path = Path(folder) / f"image{suffix}"
        path.write_bytes(data)
        image = itk.imread(str(path))
    pixels = np.asarray(itk.array_from_image(image))
    return pixels, image.GetNumberOfComponentsPerPixel() in (3, 4) and pixels.dtype == np.uint8
