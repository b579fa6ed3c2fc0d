"""Every way to write the same grey levels gives them back, with all their bits."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from image_files import decode_image
from radiobundle.images.errors import UnreadableImageError

imagecodecs = pytest.importorskip("imagecodecs")
tifffile = pytest.importorskip("tifffile")
GREY = np.random.default_rng(0).integers(0, 4096, (60, 50)).astype(np.uint16)
COLOUR = np.stack([GREY] * 3, -1)
OPAQUE = np.full_like(GREY, 65535)
WHITE_IS_ZERO = {"photometric": "miniswhite"}


def tiff(pixels: np.ndarray, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


FILES = {
    "PNG": lambda: imagecodecs.png_encode(GREY),
    "PNG RGB": lambda: imagecodecs.png_encode(COLOUR),
    "PNG RGBA": lambda: imagecodecs.png_encode(np.dstack([COLOUR, OPAQUE])),
    "PNG LA": lambda: imagecodecs.png_encode(np.dstack([GREY, OPAQUE])),
    "TIFF": lambda: tiff(GREY),
    "TIFF 12 bit": lambda: tiff(GREY, bitspersample=12),
    "TIFF tiled": lambda: tiff(GREY, tile=(16, 16)),
    "TIFF big endian": lambda: tiff(GREY, byteorder=">"),
    "TIFF RGB": lambda: tiff(COLOUR, photometric="rgb"),
    "TIFF RGB planar": lambda: tiff(np.moveaxis(COLOUR, -1, 0).copy(), photometric="rgb", planarconfig="separate"),
    "TIFF RGBA": lambda: tiff(np.dstack([COLOUR, OPAQUE]), photometric="rgb", extrasamples=["unassalpha"]),
    "TIFF LA": lambda: tiff(
        np.dstack([GREY, OPAQUE]), photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"]
    ),
    "TIFF int32": lambda: tiff(GREY.astype(np.int32)),
    "TIFF white is zero": lambda: tiff(65535 - GREY, **WHITE_IS_ZERO),
    "TIFF white is zero, tiled": lambda: tiff(65535 - GREY, tile=(16, 16), **WHITE_IS_ZERO),
    "TIFF white is zero, LZW, big endian": lambda: tiff(
        65535 - GREY, compression="lzw", byteorder=">", **WHITE_IS_ZERO
    ),
    "PPM": lambda: b"P6\n# comment\n50 60\n4095\n" + COLOUR.astype(">u2").tobytes(),
    "JPEG 2000": lambda: imagecodecs.jpeg2k_encode(GREY, level=0, reversible=True, codecformat="jp2"),
    "JPEG 2000 RGB": lambda: imagecodecs.jpeg2k_encode(COLOUR, level=0, reversible=True, codecformat="jp2"),
}


@pytest.mark.parametrize("form", FILES)
def test_16_bit_levels_survive(form: str) -> None:
    decoded = decode_image(FILES[form](), "image")
    np.testing.assert_array_equal(decoded.pixels, GREY)
    assert decoded.pixels.dtype == np.uint16 and decoded.size_px == (50, 60) and decoded.remarks == ()


@pytest.mark.parametrize(
    ("dtype", "factor", "offset"),
    [
        (np.float16, 1e-4, 0),
        (np.float32, 1e-6, 0),
        (np.float64, 1.0, -7),
        (np.int16, 7, -100),
        (np.uint32, 1000, 0),
        (np.int32, -1, 0),
    ],
)
def test_other_numbers_are_scaled_from_their_own_range(dtype: type, factor: float, offset: float) -> None:
    values = (GREY.astype(np.float64) * factor + offset).astype(dtype)
    exact = values.astype(np.float64)
    expected = np.rint((exact - exact.min()) / np.ptp(exact) * 65535)
    np.testing.assert_allclose(decode_image(tiff(values), "a.tif").pixels, expected, atol=1)


def test_8_bit_white_is_zero_is_inverted() -> None:
    grey = (GREY >> 4).astype(np.uint8)
    np.testing.assert_array_equal(decode_image(tiff(255 - grey, **WHITE_IS_ZERO), "a.tif").pixels, grey)


def test_values_that_are_not_finite_are_refused() -> None:
    values = GREY.astype(np.float32)
    values[3, 3] = np.nan
    with pytest.raises(UnreadableImageError, match="not finite"):
        decode_image(tiff(values), "a.tif")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_deep_tiff_is_turned_upright(orientation: int) -> None:
    tags = {"extratags": [(274, "H", 1, orientation, True)]}
    with Image.open(io.BytesIO(tiff(GREY, **tags))) as image:
        upright = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(decode_image(tiff(COLOUR, photometric="rgb", **tags), "a.tif").pixels, upright)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg_is_turned_upright_and_has_the_pixels_of_pillow(mode: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    file = io.BytesIO()
    Image.fromarray((GREY >> 4).astype(np.uint8)).convert(mode).save(file, "JPEG", exif=exif, quality=90)
    with Image.open(file) as image:
        upright = np.asarray(ImageOps.exif_transpose(image).convert("L"))
    np.testing.assert_array_equal(decode_image(file.getvalue(), "a.jpg").pixels, upright)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("damage", ["hole", "cut"])
@pytest.mark.parametrize("fraction", [0.3, 0.5, 0.7, 0.9])
def test_damage_in_the_middle_is_refused(kind: str, damage: str, fraction: float) -> None:
    file = io.BytesIO()
    smooth = np.add.outer(np.arange(300), np.arange(200)) // 2 % 256 + np.random.default_rng(1).integers(
        0, 3, (300, 200)
    )
    Image.fromarray(smooth.clip(0, 255).astype(np.uint8)).save(file, kind)
    data = bytearray(file.getvalue())
    start = int(fraction * len(data))
    if damage == "hole":
        data[start : start + 150] = bytes(150)
    else:
        del data[start : start + 150]
    with pytest.raises(UnreadableImageError, match="not a readable image"):
        decode_image(bytes(data), "a")


def test_wrong_checksum_of_a_png_is_refused() -> None:
    data = bytearray(imagecodecs.png_encode((GREY >> 4).astype(np.uint8)))
    data[-20] ^= 1
    with pytest.raises(UnreadableImageError, match="checksum"):
        decode_image(bytes(data), "a.png")


def test_12_bit_jpeg_keeps_its_bits() -> None:
    smooth = np.add.outer(np.arange(64), np.arange(48)).astype(np.uint16) * 30
    data = imagecodecs.jpeg_encode(smooth, level=100, bitspersample=12)
    np.testing.assert_allclose(decode_image(data, "a.jpg").pixels.astype(int), smooth.astype(int), atol=8)


@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_inks_of_16_bits_are_converted_as_those_of_8(planes: str) -> None:
    inks = np.random.default_rng(1).integers(0, 256, (60, 50, 4)).astype(np.uint8)
    with Image.open(io.BytesIO(tiff(inks, photometric="separated"))) as image:
        assert image.mode == "CMYK"
        expected = np.asarray(image.convert("RGB").convert("L"))
    deep = inks.astype(np.uint16) * 257
    data = tiff(np.moveaxis(deep, -1, 0).copy() if planes == "separate" else deep, photometric="separated",
                planarconfig=planes)  # fmt: skip
    np.testing.assert_allclose(decode_image(data, "a.tif").pixels / 257, expected, atol=1.5)


@pytest.mark.parametrize("photometric", ["ycbcr", "cielab", "icclab", "minisblack"])
def test_three_samples_that_are_no_rgb_are_refused(photometric: str) -> None:
    data = tiff(COLOUR, photometric=photometric, planarconfig="contig")
    with pytest.raises(UnreadableImageError, match=r"\w+ colours are not converted; save it as grey or RGB"):
        decode_image(data, "a.tif")


def test_alpha_counts_for_no_range_of_floats() -> None:
    grey = (GREY / 8191).astype(np.float32)
    data = tiff(np.dstack([grey] * 3 + [np.ones_like(grey)]), photometric="rgb", extrasamples=["unassalpha"])
    np.testing.assert_allclose(decode_image(data, "a.tif").pixels, np.rint((GREY - GREY.min()) / np.ptp(GREY) * 65535),
                               atol=1)  # fmt: skip


@pytest.mark.parametrize("samples", [1, 3])
def test_signed_samples_of_8_bits_are_scaled_from_their_own_range(samples: int) -> None:
    values = (GREY.astype(int) // 16 - 128).astype(np.int8)
    data = tiff(values) if samples == 1 else tiff(np.dstack([values] * 3), photometric="rgb")
    exact = values.astype(float)
    expected = np.rint((exact - exact.min()) / np.ptp(exact) * 65535)
    np.testing.assert_allclose(decode_image(data, "a.tif").pixels, expected, atol=1)


@pytest.mark.parametrize("alpha", ["unassalpha", "assocalpha"])
def test_alpha_of_8_bits_is_dropped(alpha: str) -> None:
    grey = (GREY >> 4).astype(np.uint8)
    data = tiff(np.dstack([grey, np.full_like(grey, 255)]), photometric="minisblack", planarconfig="contig",
                extrasamples=[alpha])  # fmt: skip
    np.testing.assert_array_equal(decode_image(data, "a.tif").pixels, grey)
