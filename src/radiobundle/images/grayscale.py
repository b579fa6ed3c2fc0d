"""Read one image file of any format as grey: the one reader for training, serving and datalists."""

from __future__ import annotations

import importlib
import os
import stat
from pathlib import Path

import numpy as np
from PIL import Image

from radiobundle.extras import how_to_install
from radiobundle.images.errors import UnreadableImageError, plain_reason
from radiobundle.images.formats import HEAD_BYTES, READ, Format, format_of, is_medium_index
from radiobundle.images.opened import OpenedImage
from radiobundle.images.still import open_still


def read_grayscale(path: str | Path) -> np.ndarray:
    """Read one image file as grayscale pixels, as a viewer shows them.

    Returns:
        array (height, width), uint8 or uint16.

    Raises:
        UnreadableImageError: see `open_grayscale` and `read_bytes`.
    """
    return np.asarray(open_grayscale(read_bytes(path), str(path), min_size_px=None).image)


def read_bytes(path: str | Path) -> bytes:
    """Return the bytes of an image file.

    Raises:
        UnreadableImageError: the file does not exist or is empty.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - a pipe would wait for ever
            raise UnreadableImageError(f"{path}: is a folder or a device, not a file")
        data = Path(path).read_bytes()
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise UnreadableImageError(f"{path}: {reason}; is its path right?") from error
    except UnreadableImageError:
        raise
    except ValueError as error:  # a zero byte in the name
        raise UnreadableImageError(f"{path}: not a valid file name ({error})") from error
    if not data:
        raise UnreadableImageError(f"{path}: the file is empty (zero bytes); fetch it again")
    return data


def open_grayscale(
    data: bytes, name: str, *, min_size_px: tuple[int, int] | None, keep_bits: bool = False
) -> OpenedImage:
    """Decode the bytes of file `name`, whose format is recognised by content.

    JPEG is decoded at the smallest scale that keeps `min_size_px` (height, width), if given. With `keep_bits`, grey
    DICOM keeps its 16 bits with the window in which it is shown, as other formats do anyway, instead of 8 bits.

    Raises:
        UnreadableImageError: damaged, several frames, no image, one grey level only, or in need of a package that is
            not installed; the message names it.
    """
    kind = _format(data[:HEAD_BYTES], name)
    try:
        opened = _open(data, name, kind, min_size_px, keep_bits)
        if _is_constant(opened) and min_size_px is not None:
            opened = _open(data, name, kind, None, keep_bits)  # a smaller scale may have levelled the little there is
        is_constant = _is_constant(opened)
    except UnreadableImageError:
        raise
    except Exception as error:  # decoders raise nearly every type on broken files; only here does it get a name
        reason = f"{type(error).__name__}: {plain_reason(error)}"
        what = "DICOM image" if kind is Format.DICOM else "image"
        raise UnreadableImageError(f"{name}: not a readable {what} ({reason})") from error
    if is_constant:
        raise UnreadableImageError(
            f"{name}: only one grey level, so it shows nothing; look at the file, or leave it out"
        )
    return opened


def _format(head: bytes, name: str) -> Format:
    if is_medium_index(head, name):
        raise UnreadableImageError(f"{name}: is a DICOMDIR, not an image; name the folder next to it")
    if (kind := format_of(head, name)) is None:
        raise UnreadableImageError(f"{name}: its format is not supported; supported are {READ}")
    return kind


def _open(data: bytes, name: str, kind: Format, min_size_px: tuple[int, int] | None, keep_bits: bool) -> OpenedImage:
    if kind is Format.DICOM:
        return _open_by("dicom", "open_dicom", data, name, keep_bits=keep_bits)
    if kind in (Format.NIFTI, Format.ITK):
        return _open_by("volumes", "open_volume", data, name, kind=kind)
    return open_still(data, name, min_size_px=min_size_px)


def _is_constant(opened: OpenedImage) -> bool:
    few = opened.image.resize((8, 8), Image.Resampling.NEAREST)  # which tells nearly all images, and fast
    for image in (few, opened.image):
        low, high = image.getextrema()
        if low != high:
            return False
    return True


def _open_by(module: str, function: str, data: bytes, name: str, **options: object) -> OpenedImage:
    """Decode with one of our modules that needs optional libraries."""
    extra = {"dicom": "dicom", "volumes": "formats"}[module]
    try:
        loaded = importlib.import_module(f"radiobundle.images.{module}")
    except ImportError as error:
        raise UnreadableImageError(f"{name}: needs {how_to_install(extra)}: {error}") from error
    opened: OpenedImage = getattr(loaded, function)(data, name, **options)
    return opened
