"""PPM of more than 8 bits, binary (P6) or as text (P3), of which Pillow keeps 8 bits."""

from __future__ import annotations

import re

import numpy as np

from radiobundle.images.opened import check_size, luminance

_GAP = rb"\s+(?:#[^\n]*\n\s*)*"
_HEADER = re.compile(rb"P([36])" + _GAP + rb"(\d+)" + _GAP + rb"(\d+)" + _GAP + rb"(\d+)\s")


def is_deep_pixmap(data: bytes) -> bool:
    """Whether bytes are a colour pixmap whose largest value is beyond 255."""
    header = _HEADER.match(data)
    return header is not None and int(header[4]) > 255


def decode_deep_pixmap(data: bytes) -> np.ndarray:
    """Return the grey uint16 (height, width) of a pixmap for which `is_deep_pixmap` holds.

    Raises:
        ValueError: cut off, too large, or with values beyond the largest one.
    """
    header = _HEADER.match(data)
    if header is None:
        raise ValueError("not a colour pixmap")
    width, height, largest = (int(header[index]) for index in (2, 3, 4))
    check_size(height, width)
    count = height * width * 3
    if header[1] == b"6":
        samples = np.frombuffer(data, ">u2", count=count, offset=header.end())
    else:
        words = re.sub(rb"#[^\n]*", b"", data[header.end() :]).split()
        samples = np.array(words[:count], dtype=np.uint64)
    if len(samples) < count or samples.max() > min(largest, 65535):
        raise ValueError(f"needs {count} values of 0 to {largest}; it is cut off or damaged, fetch it again")
    return luminance(samples.reshape(height, width, 3).astype(np.uint16))
