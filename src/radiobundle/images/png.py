"""What Pillow does not look at in a PNG: the checksums of its pixels, and colours of 16 bits."""

from __future__ import annotations

import zlib

MARK = b"\x89PNG\r\n\x1a\n"
_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"IDAT")
_COLOURS = {2: "RGB", 4: "LA", 6: "RGBA"}  # colour types (PNG, 11.2.1)


def check_png(data: bytes) -> None:
    """Compare the checksums of the chunks that hold pixels (PNG, 5.3); Pillow passes over those near the end.

    Raises:
        ValueError: one is wrong.
    """
    offset = len(MARK)
    while offset + 12 <= len(data):
        length, kind = int.from_bytes(data[offset : offset + 4], "big"), data[offset + 4 : offset + 8]
        end = offset + 8 + length
        if kind in _PIXEL_CHUNKS and zlib.crc32(data[offset + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise ValueError(f"the checksum of its {kind.decode('ascii')} chunk is wrong; fetch it again")
        offset = end + 4


def deep_colours(data: bytes) -> str | None:
    """Return the mode of a PNG of 16-bit colours or grey with alpha, of which Pillow keeps 8 bits; None for others."""
    is_deep = data[24:25] == b"\x10" and data[25:26] != b"\0"
    return f"{_COLOURS.get(data[25], 'PNG')} 16 bit" if is_deep else None
