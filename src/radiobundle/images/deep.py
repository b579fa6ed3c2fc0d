"""Still images that Pillow would reduce to 8 bits or misread, with all their bits. Needs imagecodecs, tifffile."""

from __future__ import annotations

import io
from typing import Any

import imagecodecs
import numpy as np
import tifffile

from radiobundle.images.opened import check_size, luminance, to_grey_levels
from radiobundle.images.tiff import check_tiff_jpeg

_MINIMUM_IS_WHITE, _MINIMUM_IS_BLACK, _RGB, _PALETTE, _SEPARATED = 0, 1, 2, 3, 5  # PhotometricInterpretation
_ORIENTATION, _INK_SET = 274, 332  # tags (TIFF 6.0)
_CMYK = 1  # ink set


def decode_deep(data: bytes, codec: str) -> np.ndarray:
    """Return the grey (height, width), with all bits, of what a codec of imagecodecs decodes; alpha is dropped.

    Args:
        data: PNG of 16-bit colours or grey with alpha, JPEG 2000 of more than 8 bits, or JPEG of other than 8 bits.
        codec: `png`, `jpeg2k` or `jpeg`.
    """
    pixels = np.asarray(getattr(imagecodecs, f"{codec}_decode")(data))
    return np.ascontiguousarray(to_grey_levels(pixels if pixels.ndim == 2 else luminance(pixels)))


def decode_tiff(data: bytes) -> tuple[np.ndarray, str, tuple[str, ...]]:
    """Return the grey (height, width), uint8 or uint16, the mode and remarks of a TIFF of any sample type.

    Inverted if zero is white (tag 262 = 0), upright by the orientation tag; numbers that are not 16-bit grey levels
    are scaled from their own range.

    Raises:
        ValueError: several pages, too large, not finite, damaged JPEG, or colours that are not converted.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        if len(file.pages) != 1:
            raise ValueError(f"holds {len(file.pages)} frames; an image has one frame")
        page: Any = file.pages[0]
        check_size(page.imagelength, page.imagewidth)
        tags = {tag.code: tag.value for tag in page.tags}
        samples = int(page.samplesperpixel)
        _check_colours(page, tags)
        remarks = check_tiff_jpeg(data, tags)
        values = np.asarray(page.asarray())
        if samples > 1 and int(page.planarconfig) == 2:
            values = np.moveaxis(values, 0, -1)
        if page.photometric == _PALETTE:
            values = np.moveaxis(np.asarray(page.colormap)[:, values], 0, -1)
    grey = _to_grey(values, page)
    mode = f"TIFF {samples} x {values.dtype} of {int(page.bitspersample)} bit"
    return _upright(grey, int(tags.get(_ORIENTATION, 1))), mode, remarks


def _check_colours(page: Any, tags: dict[int, Any]) -> None:
    """Refuse colours whose three samples are not red, green and blue."""
    photometric, samples = int(page.photometric), int(page.samplesperpixel)
    readable = {
        _MINIMUM_IS_WHITE: samples <= 2,  # the second one is alpha
        _MINIMUM_IS_BLACK: samples <= 2,
        _RGB: samples >= 3,
        _PALETTE: samples == 1,
        _SEPARATED: samples >= 4 and tags.get(_INK_SET, _CMYK) == _CMYK,
    }
    if not readable.get(photometric, False):
        kind = getattr(page.photometric, "name", photometric)
        raise ValueError(
            f"{samples} samples of {int(page.bitspersample)} bit in {kind} colours are not converted; "
            "save it as grey or RGB"
        )


def _to_grey(values: np.ndarray, page: Any) -> np.ndarray:
    """Return the grey levels of samples (height, width) or (height, width, samples), zero black."""
    if page.photometric == _SEPARATED:
        values = _cmyk_to_rgb(values)
    if values.ndim == 3:
        values = values[..., : 3 if values.shape[2] >= 3 else 1]  # the others are alpha
    if values.ndim == 3 and values.dtype.kind != "u":
        values = to_grey_levels(values.reshape(len(values), -1)).reshape(values.shape)
    grey = to_grey_levels(luminance(values) if values.ndim == 3 else values)
    if page.photometric == _MINIMUM_IS_WHITE:
        bits = int(page.bitspersample)
        white = grey.max() if values.dtype.kind != "u" else 2 ** min(bits, 8 * grey.itemsize) - 1
        grey = (white - grey).astype(grey.dtype)
    return grey


def _cmyk_to_rgb(inks: np.ndarray) -> np.ndarray:
    """Return the red, green and blue that inks (cyan, magenta, yellow, black) leave of white, as Pillow does at 8 bits.

    Raises:
        ValueError: the numbers are not unsigned, so that the darkest is unknown.
    """
    if inks.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"inks in {inks.dtype} are not converted; save it as grey or RGB")
    full = np.iinfo(inks.dtype).max
    paper = full - inks[..., 3:4].astype(np.float64)
    return np.rint(paper * (1 - inks[..., :3] / full)).astype(inks.dtype)


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn and mirror as the orientation tag says (TIFF 6.0, page 36: 1 to 8)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.T
    rows_reversed, columns_reversed = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return pixels[:: -1 if rows_reversed else 1, :: -1 if columns_reversed else 1]
