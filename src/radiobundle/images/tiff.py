"""What the tags of a TIFF tell before it is decoded: who can decode it, and whether JPEG in it is damaged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from radiobundle.images.jpeg import UNCHECKED, can_check_jpeg, check_jpeg

MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLE_FORMAT, _JPEG_TABLES = 258, 259, 262, 339, 347  # tags (TIFF 6.0)
_STRIPS, _TILES = (273, 279), (324, 325)  # offsets, lengths
_OLD_JPEG, _JPEG, _WEBP = 6, 7, 50001
_UNSIGNED = (1, 4)  # sample formats: unsigned, undefined
_GREY_OF_16_BITS = ("I;16", "I;16B", "I;16L", "I;16N")


def is_beyond_pillow(tags: Mapping[int, Any], mode: str) -> bool:
    """Whether Pillow would read samples otherwise than they are meant: with a sign, of other types, 16-bit colours.

    And whether it has no decoder.

    Args:
        tags: of the TIFF.
        mode: that Pillow would read it in.
    """
    if tags.get(_COMPRESSION) == _WEBP:  # Pillow's TIFF library is built without it
        return True
    formats = {int(value) for value in np.atleast_1d(tags.get(_SAMPLE_FORMAT, 1))}
    if max(np.atleast_1d(tags.get(_BITS, 1))) <= 8:
        return not formats <= set(_UNSIGNED)
    return not (mode in _GREY_OF_16_BITS and formats == {1} and tags.get(_PHOTOMETRIC, 1) == 1)


def check_tiff_jpeg(data: bytes, tags: Mapping[int, Any]) -> tuple[str, ...]:
    """Check the JPEG of each strip or tile for damage (TIFF Technical Note 2), and return what could not be checked.

    Raises:
        ValueError: one is cut off, or libjpeg-turbo had to guess pixels of it.
    """
    compression = tags.get(_COMPRESSION, 1)
    if compression not in (_OLD_JPEG, _JPEG):
        return ()
    if compression == _OLD_JPEG:
        return ("not checked for damage (old-style JPEG in TIFF, without headers)",)
    if not can_check_jpeg():
        return (UNCHECKED,)
    tables = bytes(tags.get(_JPEG_TABLES, b""))
    offsets, lengths = (np.atleast_1d(tags[key]).tolist() for key in (_TILES if _TILES[0] in tags else _STRIPS))
    for offset, length in zip(offsets, lengths, strict=True):
        stream = data[offset : offset + length]
        if len(stream) < length:
            raise ValueError("its JPEG is cut off; fetch it again")
        if stream:
            check_jpeg(tables[:-2] + stream[2:] if tables else stream)  # one beginning, one end
    return ()
