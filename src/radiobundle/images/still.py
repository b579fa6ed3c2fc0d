"""Read one still image (PNG, JPEG, TIFF and the like) as grey, whatever its colours, with all its bits."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from radiobundle.extras import how_to_install
from radiobundle.images.errors import UnreadableImageError, plain_reason
from radiobundle.images.jpeg import UNCHECKED, can_check_jpeg, check_jpeg, decode_jpeg, sample_bits
from radiobundle.images.opened import OpenedImage, to_grey_levels

_PNG_MARK = b"\x89PNG\r\n\x1a\n"
_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"IDAT")
_TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_JPEG2000_MARKS = (b"\0\0\0\x0cjP", b"\xff\x4f\xff\x51")
_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339  # tags (TIFF 6.0)
_PLAIN_TIFF_MODES = ("I;16", "I;16B", "I;16L", "I;16N")


def open_still(data: bytes, name: str, *, min_size_px: tuple[int, int] | None) -> OpenedImage:
    """Decode the bytes of file `name`, upright as its EXIF orientation says.

    Colour, palette and CMYK are converted by luminance, alpha is dropped, 16-bit images keep 16 bits. Colour profiles
    and gamma are not applied. JPEG is decoded at the smallest scale that keeps `min_size_px` (height, width), where
    that is given.

    Raises:
        UnreadableImageError: damaged, several frames, no image, or in need of a package that is not installed.
    """
    try:
        if data.startswith(_PNG_MARK):
            _check_png(data)
        if (deep := _deep_decoder(data)) is not None:
            return _open_deep(data, name, *deep)
        with Image.open(io.BytesIO(data)) as image:
            if (frames := getattr(image, "n_frames", 1)) > 1:
                raise UnreadableImageError(f"{name}: holds {frames} frames; an image has one frame")
            if image.format == "TIFF" and _is_deep_tiff(image):
                return _open_deep(data, name, "decode_tiff", "TIFF")
            mode, size_px = image.mode, image.size
            if image.format == "PPM" and mode == "RGB" and _exceeds_8_bits(data):
                return _open_deep(data, name, "decode_deep_pixmap", "RGB 16 bit")
            decoded, remarks = _decode(data, image, min_size_px)
            return OpenedImage(_to_grey(decoded), mode, size_px, remarks)
    except UnreadableImageError:
        raise
    except Exception as error:  # Pillow's plugins raise nearly every type on broken files
        if data.startswith(_TIFF_MARKS):  # Pillow does not know every sample type
            return _open_deep(data, name, "decode_tiff", "TIFF")
        raise UnreadableImageError(
            f"{name}: not a readable image ({type(error).__name__}: {plain_reason(error)})"
        ) from error


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
    if exif.get(0x0112, 1) != 1:
        decoded.getexif()[0x0112] = exif[0x0112]
        ImageOps.exif_transpose(decoded, in_place=True)
    return decoded, ()


def _check_png(data: bytes) -> None:
    """Compare the checksums of the chunks that hold pixels (PNG, 5.3); Pillow passes over those near the end."""
    offset = len(_PNG_MARK)
    while offset + 12 <= len(data):
        length, kind = int.from_bytes(data[offset : offset + 4], "big"), data[offset + 4 : offset + 8]
        end = offset + 8 + length
        if kind in _PIXEL_CHUNKS and zlib.crc32(data[offset + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise ValueError(f"the checksum of its {kind.decode('ascii')} chunk is wrong; fetch it again")
        offset = end + 4


def _deep_decoder(data: bytes) -> tuple[str, str] | None:
    """Return the decoder and the mode of an image of which Pillow would drop bits; None: Pillow keeps them."""
    if (
        data.startswith(_PNG_MARK) and data[24:25] == b"\x10" and data[25] != 0
    ):  # IHDR: depth, colour type (PNG, 11.2.1)
        return "decode_deep_png", {2: "RGB", 4: "LA", 6: "RGBA"}.get(data[25], "PNG") + " 16 bit"
    if data.startswith(b"\xff\xd8") and (bits := sample_bits(data)) != 8:
        return "decode_deep_jpeg", f"JPEG {bits} bit"
    if data.startswith(_JPEG2000_MARKS) and (bits := _jpeg2000_colour_bits(data)) > 8:
        return "decode_deep_jpeg2000", f"JPEG 2000 colour {bits} bit"
    return None


def _jpeg2000_colour_bits(data: bytes) -> int:
    """Return the bits of a sample of a JPEG 2000 with several components, 0 for grey (SIZ, ITU T.800, A.5.1)."""
    offset = data.find(b"\xff\x4f\xff\x51")
    components = int.from_bytes(data[offset + 40 : offset + 42], "big")
    return (data[offset + 42] & 0x7F) + 1 if offset >= 0 and components > 1 and len(data) > offset + 42 else 0


def _exceeds_8_bits(pixmap: bytes) -> bool:
    words = b" ".join(line.split(b"#")[0] for line in pixmap[:2048].split(b"\n")).split()
    return pixmap.startswith(b"P6") and len(words) > 3 and int(words[3]) > 255


def _is_deep_tiff(image: Image.Image) -> bool:
    tags: Any = image.tag_v2  # type: ignore[attr-defined]
    if max(np.atleast_1d(tags.get(_BITS, 1))) <= 8:
        return False
    unsigned = all(value == 1 for value in np.atleast_1d(tags.get(_SAMPLE_FORMAT, 1)))
    return not (image.mode in _PLAIN_TIFF_MODES and unsigned and tags.get(_PHOTOMETRIC, 1) == 1)


def _open_deep(data: bytes, name: str, decoder: str, mode: str) -> OpenedImage:
    try:
        from radiobundle.images import deep  # noqa: PLC0415 - only the extra has its packages
    except ImportError as error:
        raise UnreadableImageError(f"{name}: {mode} needs {how_to_install('formats')}: {error}") from error
    decode: Callable[[bytes], Any] = getattr(deep, decoder)
    try:
        found = decode(data)
    except Exception as error:  # the codecs raise own types
        reason = plain_reason(error)
        raise UnreadableImageError(f"{name}: not a readable image ({type(error).__name__}: {reason})") from error
    pixels, mode = found if isinstance(found, tuple) else (found, mode)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return OpenedImage(image, mode, image.size)


def _to_grey(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "I;16"):
        return image
    if image.mode in ("I", "F", "I;16B", "I;16L", "I;16N"):
        return Image.fromarray(to_grey_levels(np.asarray(image)))
    if image.mode == "LAB":
        return image.getchannel("L")
    if image.mode in ("CMYK", "YCbCr", "HSV", "P", "PA"):
        image = image.convert("RGB")
    return image.convert("L")
