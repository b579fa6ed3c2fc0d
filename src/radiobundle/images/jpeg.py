"""JPEG by libjpeg-turbo, which reports damage that Pillow ignores: a hole in the middle, a wrong Huffman code."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

UNCHECKED = "not checked for damage (simplejpeg is not installed)"
_HUFFMAN_TABLE, _JPEG_EXTENSION, _ARITHMETIC, _SCAN = 0xC4, 0xC8, 0xCC, 0xDA  # markers (ITU T.81, table B.1)
_LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF)
_SEQUENTIAL = (0xC0, 0xC1)
_WHOLE_BLOCK = b"\0\x3f\0"  # first and last coefficient of a sequential scan, and no approximation (table B.3)


class FrameHeader(NamedTuple):
    """A JPEG's frame header (ITU T.81, B.2.2)."""

    bits: int
    height: int
    width: int
    samples: int


def can_check_jpeg() -> bool:
    """Whether the decoder that reports damage is installed."""
    return importlib.util.find_spec("simplejpeg") is not None


def decode_jpeg(data: bytes, image: Image.Image) -> Image.Image:
    """Decode a JPEG whose header Pillow has read, of mode L or RGB, at the size that `image` was drafted to.

    The pixels are those of Pillow, which uses the same library.

    Raises:
        ValueError: the library had to guess pixels, or could not decode at all.
    """
    import simplejpeg  # noqa: PLC0415 - bundles run without it

    pixels = simplejpeg.decode_jpeg(
        data,
        "GRAY" if image.mode == "L" else "RGB",
        fastdct=False,
        fastupsample=False,
        min_height=image.height,
        min_width=image.width,
        strict=True,
    )
    if pixels.shape[:2] != (image.height, image.width):
        raise ValueError(f"decoded to {pixels.shape[1]}x{pixels.shape[0]} instead of {image.width}x{image.height}")
    return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if image.mode == "L" else pixels))


def check_jpeg(data: bytes) -> None:
    """Decode a JPEG of any colours and bits, lossless ones too, for its warnings only.

    Raises:
        ValueError: the library had to guess pixels, or could not decode at all.
    """
    import simplejpeg  # noqa: PLC0415

    flat = as_8_bit(data)
    colours = simplejpeg.decode_jpeg_header(flat, strict=True)[2]
    simplejpeg.decode_jpeg(flat, {"Gray": "GRAY", "CMYK": "CMYK", "YCCK": "CMYK"}.get(colours, "RGB"), strict=True)


def as_8_bit(data: bytes) -> bytes:
    """Return a JPEG of other bits with a header that says 8; its pixels are then wrong, but Huffman codes are the same.

    So 8-bit decoders find damage, and read the rest of the header.
    """
    frame = _frame(data)
    if frame is None or (data[frame + 4] == 8 and data[frame + 1] not in _LOSSLESS):
        return data
    changed = bytearray(data)
    changed[frame + 4] = 8
    for marker, offset in _segments(data):
        end = offset + 2 + int.from_bytes(data[offset + 2 : offset + 4], "big")
        if marker == _SCAN and end <= len(data):
            if data[frame + 1] in _SEQUENTIAL:  # the library warns of other numbers here, which mean nothing
                changed[end - 3 : end] = _WHOLE_BLOCK
            elif data[frame + 1] in _LOSSLESS:  # by how many bits samples were shifted, which may be beyond 8
                changed[end - 1] = 0
    return bytes(changed)


def sample_bits(data: bytes) -> int:
    """Return the bits of a sample that a JPEG's first frame header states; 8 where there is none."""
    frame = _frame(data)
    return 8 if frame is None else data[frame + 4]


def read_frame_header(data: bytes) -> FrameHeader | None:
    """Return what the first frame header of a JPEG states, None where there is none."""
    frame = _frame(data)
    if frame is None or len(data) < frame + 10:
        return None
    height, width = (int.from_bytes(data[start : start + 2], "big") for start in (frame + 5, frame + 7))
    return FrameHeader(data[frame + 4], height, width, data[frame + 9])


def _frame(data: bytes) -> int | None:
    """Return where the first frame header begins, None where there is none."""
    for marker, offset in _segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (_HUFFMAN_TABLE, _JPEG_EXTENSION, _ARITHMETIC):
            return offset
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the marker and the offset of each segment to the first scan (ITU T.81, B.1.1)."""
    offset = 2
    while offset + 5 <= len(data) and data[offset] == 0xFF:
        marker = data[offset + 1]
        if marker == 0xFF:  # fills up
            offset += 1
            continue
        yield marker, offset
        if marker == _SCAN:
            return
        offset += 2 + int.from_bytes(data[offset + 2 : offset + 4], "big")
