"""JPEG in TIFF: whole ones are read as Pillow reads them, damaged ones by nobody."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from image_files import decode_image
from radiobundle.images.errors import UnreadableImageError

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")
RANDOM = np.random.default_rng(1)
SMOOTH = np.asarray(
    Image.fromarray(RANDOM.uniform(0, 255, (8, 6)).astype(np.float32)).resize((240, 320), Image.Resampling.BICUBIC)
)
NOISE = RANDOM.normal(0, 1, SMOOTH.shape) * np.linspace(1, 9, SMOOTH.shape[1])
GREY = np.clip(SMOOTH + NOISE, 0, 255).astype(np.uint8)
COLOUR = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]])
LAYOUTS: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
    "one strip": (GREY, {}),
    "strips": (GREY, {"rowsperstrip": 16}),
    "tiles": (GREY, {"tile": (32, 32)}),
    "colour": (COLOUR, {"photometric": "rgb"}),
    "colour in tiles": (COLOUR, {"photometric": "rgb", "tile": (32, 32)}),
    "BigTIFF": (GREY, {"bigtiff": True, "rowsperstrip": 16}),
    "12 bit": (GREY.astype(np.uint16) * 16, {"bitspersample": 12}),
}


def encode(layout: str) -> bytes:
    pixels, options = LAYOUTS[layout]
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, compression="jpeg", **options)
    return file.getvalue()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_whole_file_is_read(layout: str) -> None:
    pixels = decode_image(encode(layout), "a.tif").pixels
    with Image.open(io.BytesIO(encode(layout))) as image:
        expected = np.asarray(image if image.mode.startswith("I;16") else image.convert("L"))
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("fraction", [0.3, 0.5, 0.7, 0.9, 0.99])
def test_truncated_file_is_refused(layout: str, fraction: float) -> None:
    data = encode(layout)
    with pytest.raises(UnreadableImageError, match="not a readable image"):
        decode_image(data[: int(fraction * len(data))], "a.tif")


def is_refused(data: bytes) -> bool:
    try:
        decode_image(data, "a.tif")
    except UnreadableImageError:
        return True
    return False


@pytest.mark.parametrize("layout", LAYOUTS)
def test_most_holes_are_refused(layout: str) -> None:
    """As in a JPEG of its own, which has no checksum either."""
    data = encode(layout)
    starts = np.linspace(0.2, 0.8, 20) * len(data)
    holed = [data[:start] + bytes(400) + data[start + 400 :] for start in starts.astype(int)]
    assert sum(map(is_refused, holed)) >= 15


def test_what_pillow_refuses_is_not_tried_with_a_more_lenient_decoder() -> None:
    file = io.BytesIO()
    Image.fromarray(GREY).save(file, "TIFF", compression="tiff_lzw")
    data = bytearray(file.getvalue())
    data[100:140] = b"\xff" * 40
    with pytest.raises(UnreadableImageError, match="OSError"):
        decode_image(bytes(data), "a.tif")
