"""JPEG by libjpeg-turbo, which tells of damage that Pillow passes over: a hole in the middle, a wrong Huffman code."""

from __future__ import annotations

import importlib.util

import numpy as np
from PIL import Image

UNCHECKED = "not checked for damage (simplejpeg is not installed)"


def can_check_jpeg() -> bool:
    """Whether the decoder that tells of damage is installed."""
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
    """Decode a JPEG of any colours for its warnings only.

    Raises:
        ValueError: the library had to guess pixels, or could not decode at all.
    """
    import simplejpeg  # noqa: PLC0415

    colours = simplejpeg.decode_jpeg_header(data, strict=True)[2]
    simplejpeg.decode_jpeg(data, {"Gray": "GRAY", "CMYK": "CMYK", "YCCK": "CMYK"}.get(colours, "RGB"), strict=True)


def sample_bits(data: bytes) -> int:
    """Return the bits of a sample that a JPEG's first frame header states; 8 where there is none (ITU T.81, B.2.2)."""
    offset = 2
    while offset + 5 <= len(data) and data[offset] == 0xFF:
        marker = data[offset + 1]
        if marker == 0xFF:
            offset += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return data[offset + 4]
        else:
            offset += 2 + int.from_bytes(data[offset + 2 : offset + 4], "big")
    return 8
