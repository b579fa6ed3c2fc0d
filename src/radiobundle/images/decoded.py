"""One image file, decoded once: its pixels as a viewer shows them, and what the file says about itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from radiobundle.images.grayscale import open_grayscale
from radiobundle.images.opened import to_8_bit
from radiobundle.images.remarks import remarks_of


@dataclass(frozen=True)
class DecodedImage:
    """The content of one file.

    Attributes:
        pixels: grey as a viewer shows it, uint8 or uint16 (height, width).
        mode: pixel mode of the file: "L", "I;16", "RGBA", "DICOM MONOCHROME1 12 bit", "NIfTI int16".
        size_px: (width, height) in the file.
        remarks: what is unusual about it, or had to be guessed; usually nothing.
    """

    pixels: np.ndarray
    mode: str
    size_px: tuple[int, int]
    remarks: tuple[str, ...] = ()


def decode_image(data: bytes, name: str, *, min_size_px: tuple[int, int] | None = None) -> DecodedImage:
    """Decode the bytes of the file `name`, of any supported format.

    Args:
        data: the whole file.
        name: its name or path, for messages and, if the bytes do not identify the format, for its suffix.
        min_size_px: (height, width); JPEG may be decoded at the smallest scale that keeps it.

    Raises:
        UnreadableImageError: the bytes are damaged, hold no single image, or need a package that is not installed.
    """
    opened = open_grayscale(data, name, min_size_px=min_size_px)
    remarks = remarks_of(opened, to_8_bit(opened.image))
    return DecodedImage(np.asarray(opened.image), opened.mode, opened.size_px, remarks)
