"""Read one still image file as grayscale pixels, whatever its mode; DICOM, NIfTI, MetaImage, NRRD by extras."""

from __future__ import annotations

import importlib
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from radiobundle.extras import how_to_install
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.formats import HEAD_BYTES, Format, format_of


def read_grayscale(path: str | Path) -> np.ndarray:
    """Read one image file as grayscale pixels, upright as its EXIF orientation says.

    Colour, palette, CMYK and alpha images are converted by luminance (alpha is dropped); 16-bit images keep 16 bits.

    Returns:
        array (height, width), uint8 or uint16.

    Raises:
        UnreadableImageError: the file is missing, empty, truncated, multi-frame, or no image.
    """
    return np.asarray(open_grayscale(read_bytes(path), str(path), min_size_px=None))


def read_bytes(path: str | Path) -> bytes:
    """Return the bytes of an image file.

    Raises:
        UnreadableImageError: there is no such file, or nothing in it.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise UnreadableImageError(f"{path}: {reason}; is --dataset_dir right?") from error
    if not data:
        raise UnreadableImageError(f"{path}: the file is empty (zero bytes); fetch it again")
    return data


def open_grayscale(data: bytes, name: str, *, min_size_px: tuple[int, int] | None) -> Image.Image:
    """Decode the bytes of file `name` to a Pillow image of mode L or I;16.

    JPEG is decoded at the smallest scale that keeps `min_size_px` (height, width), where that is given.

    Raises:
        UnreadableImageError: as `read_grayscale`.
    """
    kind = format_of(data[:HEAD_BYTES], name)
    if kind is Format.DICOM:
        return _open_by("dicom", data, name)
    if kind in (Format.NIFTI, Format.ITK):
        return _open_by("volumes", data, name)
    try:
        with Image.open(io.BytesIO(data)) as image:
            frames = getattr(image, "n_frames", 1)
            if frames > 1:
                raise UnreadableImageError(f"{name}: holds {frames} frames; one film is one frame")
            if min_size_px is not None:
                image.draft("L", (min_size_px[1], min_size_px[0]))
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            return _to_grayscale(image, name)
    except UnreadableImageError:
        raise
    except Exception as error:  # Pillow's plugins raise nearly every type on broken files
        raise UnreadableImageError(f"{name}: not a readable image ({type(error).__name__}: {error})") from error


def _to_grayscale(image: Image.Image, name: str) -> Image.Image:
    if image.mode in ("L", "I;16"):
        return image
    if image.mode in ("I", "I;16B", "I;16L", "I;16N"):
        pixels = np.asarray(image)
        if pixels.min() < 0 or pixels.max() > np.iinfo(np.uint16).max:
            raise UnreadableImageError(f"{name}: pixel values beyond 16 bits ({pixels.min()}..{pixels.max()})")
        return Image.fromarray(pixels.astype(np.uint16))
    if image.mode == "F":
        raise UnreadableImageError(f"{name}: floating-point pixels have no fixed range; save as 8 or 16 bits")
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV", "P", "PA"):
        image = image.convert("RGB")
    return image.convert("L")


def _open_by(module: str, data: bytes, name: str) -> Image.Image:
    """Decode with a module of ours that needs libraries which the base installation lacks."""
    extra, function = {"dicom": ("dicom", "open_dicom"), "volumes": ("formats", "open_volume")}[module]
    try:
        loaded = importlib.import_module(f"radiobundle.images.{module}")
    except ImportError as error:
        raise UnreadableImageError(f"{name}: needs {how_to_install(extra)}: {error}") from error
    image: Image.Image = getattr(loaded, function)(data, name)
    return image
