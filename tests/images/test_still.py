"""Of the decoders of Pillow only those are asked whose formats are read, and all of them turn images upright."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps, features

from image_files import decode_image
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.formats import READ
from radiobundle.images.search import search_images

GREY = np.random.default_rng(0).integers(0, 256, (60, 48)).astype(np.uint8)
FOREIGN = ["TGA", "DDS", "ICO", "PCX", "EPS", "ICNS", "IM", "SGI", "AVIF", "SPIDER"]


def encode(kind: str) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(GREY)
    image.convert("F" if kind == "SPIDER" else "RGB").save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("name", ["a", "a.png", "a.tif"])
@pytest.mark.parametrize("kind", FOREIGN)
def test_other_formats_are_refused_under_any_name(kind: str, name: str, tmp_path: Path) -> None:
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF")
    with pytest.raises(UnreadableImageError, match=READ):
        decode_image(encode(kind), name)
    (tmp_path / f"a.{kind.lower()}").write_bytes(encode(kind))
    with pytest.raises(ValueError, match="file is not an image"):
        list(search_images([str(tmp_path)]))


def deep_png(orientation: int, samples: int) -> bytes:
    imagecodecs = pytest.importorskip("imagecodecs")
    pixels = GREY.astype(np.uint16) * 257
    data = imagecodecs.png_encode(pixels if samples == 1 else np.dstack([pixels] * samples))
    exif = Image.Exif()
    exif[0x0112] = orientation
    block = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    end = data.index(b"IDAT") - 4
    chunk = (len(block) - 4).to_bytes(4, "big") + block + zlib.crc32(block).to_bytes(4, "big")
    return data[:end] + chunk + data[end:]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("samples", [1, 2, 3, 4])
def test_png_of_16_bits_is_turned_upright(samples: int, orientation: int) -> None:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(GREY).save(file, "PNG", exif=exif)
    with Image.open(file) as image:
        expected = np.asarray(ImageOps.exif_transpose(image)).astype(np.uint16) * 257
    np.testing.assert_array_equal(decode_image(deep_png(orientation, samples), "a.png").pixels, expected)
