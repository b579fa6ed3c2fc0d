"""Still images that Pillow would reduce to 8 bits or misread, with all their bits. Needs imagecodecs, tifffile."""

from __future__ import annotations

import io
import re
from typing import Any

import imagecodecs
import numpy as np
import tifffile

from radiobundle.images.opened import MAX_PIXELS, luminance, to_grey_levels

_MINIMUM_IS_WHITE, _PALETTE = 0, 3  # PhotometricInterpretation (TIFF 6.0, page 37)
_ASSUMED_ORIENTATION = 1


def decode_deep_png(data: bytes) -> np.ndarray:
    """Return the grey uint16 (height, width) of a PNG of 16-bit colours or grey with alpha; alpha is dropped."""
    return _colour_free(imagecodecs.png_decode(data))


def decode_deep_jpeg2000(data: bytes) -> np.ndarray:
    """Return the grey (height, width) of JPEG 2000 colours of more than 8 bits."""
    return _colour_free(imagecodecs.jpeg2k_decode(data))


def decode_deep_jpeg(data: bytes) -> np.ndarray:
    """Return the grey (height, width) of a JPEG of other than 8 bits: 12-bit Extended, or lossless."""
    return _colour_free(imagecodecs.jpeg_decode(data))


def decode_deep_pixmap(data: bytes) -> np.ndarray:
    """Return the grey uint16 (height, width) of a binary PPM whose largest value is beyond 255."""
    header = re.match(rb"P6\s+(?:#[^\n]*\n\s*)*(\d+)\s+(?:#[^\n]*\n\s*)*(\d+)\s+(?:#[^\n]*\n\s*)*(\d+)\s", data)
    if header is None:
        raise ValueError("not a binary PPM")
    width, height = int(header[1]), int(header[2])
    _check_size(height, width)
    samples = np.frombuffer(data, ">u2", count=height * width * 3, offset=header.end())
    return luminance(samples.reshape(height, width, 3).astype(np.uint16))


def decode_tiff(data: bytes) -> tuple[np.ndarray, str]:
    """Return the grey (height, width), uint8 or uint16, and the mode of a TIFF of any sample type.

    Inverted where zero is white (tag 262 = 0), upright by the orientation tag; numbers that are no 16-bit grey levels
    are scaled from their own range.

    Raises:
        ValueError: several pages, too large, or not finite.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        if len(file.pages) != 1:
            raise ValueError(f"holds {len(file.pages)} frames; an image has one frame")
        page: Any = file.pages[0]
        _check_size(page.imagelength, page.imagewidth)
        values = np.asarray(page.asarray())
        photometric, bits, samples = int(page.photometric), int(page.bitspersample), int(page.samplesperpixel)
        orientation = int(page.tags[274].value) if 274 in page.tags else _ASSUMED_ORIENTATION
        if samples > 1 and int(page.planarconfig) == 2:
            values = np.moveaxis(values, 0, -1)
        if photometric == _PALETTE:
            values = np.moveaxis(np.asarray(page.colormap)[:, values], 0, -1)
    if values.ndim == 3 and values.dtype.kind != "u":
        values = to_grey_levels(values.reshape(len(values), -1)).reshape(values.shape)
    grey = to_grey_levels(luminance(values) if values.ndim == 3 else values)
    if photometric == _MINIMUM_IS_WHITE:
        grey = (grey.max() if values.dtype.kind != "u" else 2 ** min(bits, 8 * grey.itemsize) - 1) - grey
    return _upright(grey.astype(grey.dtype), orientation), f"TIFF {samples} x {values.dtype} of {bits} bit"


def _colour_free(pixels: Any) -> np.ndarray:
    found = np.asarray(pixels)
    return to_grey_levels(found if found.ndim == 2 else luminance(found))


def _check_size(height: int, width: int) -> None:
    if height * width > MAX_PIXELS:
        raise ValueError(f"{width}x{height} pixels are more than any radiograph has ({MAX_PIXELS:,} at most)")


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn and mirror as the orientation tag says (TIFF 6.0, page 36: 1 to 8)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.T
    rows_reversed, columns_reversed = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return pixels[:: -1 if rows_reversed else 1, :: -1 if columns_reversed else 1]
