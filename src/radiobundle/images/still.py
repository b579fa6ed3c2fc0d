"""Read one still image (PNG, JPEG, TIFF and the like) as grey, whatever its colours, with all its bits."""

from __future__ import annotations

import importlib
import io
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from radiobundle.extras import how_to_install
from radiobundle.images import png, tiff
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.formats import READ
from radiobundle.images.jpeg import UNCHECKED, as_8_bit, can_check_jpeg, check_jpeg, decode_jpeg, sample_bits
from radiobundle.images.opened import OpenedImage, check_size, to_grey_levels
from radiobundle.images.pixmap import decode_deep_pixmap, is_deep_pixmap

# What `formats.py` tells by its marks, as Pillow calls it; its other decoders are never asked.
_PILLOW_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "DIB", "GIF", "WEBP", "JPEG2000", "PPM")
_JPEG_MARK = b"\xff\xd8\xff"
_CODESTREAM_MARK = b"\xff\x4f\xff\x51"  # of JPEG 2000 (ITU T.800, A.4)
_ORIENTATION = 0x0112


def open_still(data: bytes, name: str, *, min_size_px: tuple[int, int] | None) -> OpenedImage:
    """Decode the bytes of file `name`, upright as its EXIF orientation says.

    Colour, palette and CMYK are converted by luminance, alpha is dropped, 16-bit images keep 16 bits. Colour profiles
    and gamma are not applied. JPEG is decoded at the smallest scale that keeps `min_size_px` (height, width), where
    that is given.

    Raises:
        UnreadableImageError: several frames, or in need of a package that is not installed.
        Exception: of any type, by the libraries: damaged, or no image.
    """
    if data.startswith(png.MARK):
        png.check_png(data)
    is_deep_jpeg = data.startswith(_JPEG_MARK) and sample_bits(data) != 8
    try:
        image = Image.open(io.BytesIO(as_8_bit(data) if is_deep_jpeg else data), formats=_PILLOW_FORMATS)
    except UnidentifiedImageError:
        if data.startswith(tiff.MARKS):  # Pillow does not know every sample type
            return _open_deep_tiff(data, name)
        raise ValueError(f"damaged, or its format is not supported; supported are {READ}") from None
    with image:
        if (frames := getattr(image, "n_frames", 1)) > 1:
            raise UnreadableImageError(f"{name}: holds {frames} frames; an image has one frame")
        check_size(image.height, image.width)
        if is_deep_jpeg:
            return _open_deep_jpeg(data, name, image)
        unchecked: tuple[str, ...] = ()
        if image.format == "TIFF":
            tags: Any = image.tag_v2  # type: ignore[attr-defined]
            if tiff.is_beyond_pillow(tags, image.mode):
                return _open_deep_tiff(data, name)
            unchecked = tiff.check_tiff_jpeg(data, tags)
        if image.format == "PPM" and is_deep_pixmap(data):
            return _opened(Image.fromarray(decode_deep_pixmap(data)), "RGB 16 bit")
        if (mode := _deep_colours(data)) is not None:
            codec = "png" if image.format == "PNG" else "jpeg2k"
            grey = Image.fromarray(_deep(name, mode).decode_deep(data, codec))
            return _opened(_upright(grey, image.getexif()), mode)
        mode, size_px = image.mode, image.size
        decoded, remarks = _decode(data, image, min_size_px)
        return OpenedImage(_to_grey(decoded), mode, size_px, (*unchecked, *remarks))


def _decode(
    data: bytes, image: Image.Image, min_size_px: tuple[int, int] | None
) -> tuple[Image.Image, tuple[str, ...]]:
    """Return the image upright, and what is to be said of it."""
    if image.format not in ("JPEG", "MPO"):
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return image, ()
    if min_size_px is not None:
        image.draft("L", (min_size_px[1], min_size_px[0]))
    if not can_check_jpeg():
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return image, (UNCHECKED,)
    exif = image.getexif()
    if image.mode in ("L", "RGB"):
        decoded = decode_jpeg(data, image)
    else:
        check_jpeg(data)
        image.load()
        decoded = image
    return _upright(decoded, exif), ()


def _upright(image: Image.Image, exif: Image.Exif) -> Image.Image:
    """Turn and mirror an image as the EXIF data of its file say."""
    if exif.get(_ORIENTATION, 1) != 1:
        image.getexif()[_ORIENTATION] = exif[_ORIENTATION]
        ImageOps.exif_transpose(image, in_place=True)
    return image


def _open_deep_tiff(data: bytes, name: str) -> OpenedImage:
    pixels, mode, remarks = _deep(name, "TIFF").decode_tiff(data)
    return _opened(Image.fromarray(np.ascontiguousarray(pixels)), mode, remarks)


def _open_deep_jpeg(data: bytes, name: str, image: Image.Image) -> OpenedImage:
    """Decode a JPEG of other than 8 bits, of which Pillow has read the header."""
    mode = f"JPEG {sample_bits(data)} bit"
    deep = _deep(name, mode)
    if can_check_jpeg():
        check_jpeg(data)
    grey = Image.fromarray(deep.decode_deep(data, "jpeg"))
    return _opened(_upright(grey, image.getexif()), mode, () if can_check_jpeg() else (UNCHECKED,))


def _opened(image: Image.Image, mode: str, remarks: tuple[str, ...] = ()) -> OpenedImage:
    return OpenedImage(image, mode, image.size, remarks)


def _deep(name: str, mode: str) -> Any:
    """Return the decoders of what Pillow would reduce to 8 bits or misread."""
    try:
        return importlib.import_module("radiobundle.images.deep")
    except ImportError as error:
        raise UnreadableImageError(f"{name}: {mode} needs {how_to_install('formats')}: {error}") from error


def _deep_colours(data: bytes) -> str | None:
    """Return the mode of a PNG or JPEG 2000 of which Pillow would drop bits; None: it keeps them."""
    if data.startswith(png.MARK):
        return png.deep_colours(data)
    if data.startswith((b"\0\0\0\x0cjP", _CODESTREAM_MARK)) and (bits := _jpeg2000_colour_bits(data)) > 8:
        return f"JPEG 2000 colour {bits} bit"
    return None


def _jpeg2000_colour_bits(data: bytes) -> int:
    """Return the bits of a sample of a JPEG 2000 with several components, 0 for grey (SIZ, ITU T.800, A.5.1)."""
    offset = data.find(_CODESTREAM_MARK)
    components = int.from_bytes(data[offset + 40 : offset + 42], "big")
    return (data[offset + 42] & 0x7F) + 1 if offset >= 0 and components > 1 and len(data) > offset + 42 else 0


def _to_grey(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "I;16"):
        return image
    if image.mode in ("I", "F", "I;16B", "I;16L", "I;16N"):
        return Image.fromarray(to_grey_levels(np.asarray(image)))
    if image.mode in ("LAB", "La"):
        return image.getchannel("L")
    if image.mode in ("CMYK", "YCbCr", "HSV", "P", "PA"):
        image = image.convert("RGB")
    return image.convert("L")
