"""Deep pixmaps keep their bits, as text too."""

from __future__ import annotations

import numpy as np
import pytest

from image_files import decode_image
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.opened import luminance

COLOUR = np.random.default_rng(0).integers(0, 1024, (60, 50, 3)).astype(np.uint16)


def encode(kind: str, pixels: np.ndarray, largest: int) -> bytes:
    header = f"{kind}\n# a comment\n50 60\n{largest}\n".encode()
    if kind == "P6":
        return header + pixels.astype(">u2").tobytes()
    return header + b"# another\n" + " ".join(map(str, pixels.ravel())).encode() + b"\n"


@pytest.mark.parametrize("largest", [1023, 65535])
@pytest.mark.parametrize("kind", ["P3", "P6"])
def test_all_bits_of_colours_survive(kind: str, largest: int) -> None:
    decoded = decode_image(encode(kind, COLOUR, largest), "a.ppm")
    np.testing.assert_array_equal(decoded.pixels, luminance(COLOUR))
    assert decoded.mode == "RGB 16 bit"


def test_grey_as_text_equals_binary_grey() -> None:
    text = encode("P2", COLOUR[..., 0], 4095)
    binary = b"P5\n50 60\n4095\n" + COLOUR[..., 0].astype(">u2").tobytes()
    pixels = decode_image(text, "a.pgm").pixels
    np.testing.assert_array_equal(pixels, decode_image(binary, "a.pgm").pixels)
    assert len(np.unique(pixels)) == len(np.unique(COLOUR[..., 0]))


@pytest.mark.parametrize("kind", ["P2", "P3", "P6"])
def test_truncated_pixmap_is_refused(kind: str) -> None:
    data = encode(kind, COLOUR[..., 0] if kind == "P2" else COLOUR, 1023)
    with pytest.raises(UnreadableImageError, match="not a readable image"):
        decode_image(data[: len(data) // 2], "a.ppm")


def test_value_beyond_the_largest_is_refused() -> None:
    with pytest.raises(UnreadableImageError, match="0 to 1000"):
        decode_image(encode("P3", COLOUR, 1000), "a.ppm")
