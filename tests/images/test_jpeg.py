"""JPEG of any bits: whole ones pass, damaged ones do not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from image_files import decode_image
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.jpeg import as_8_bit, check_jpeg, sample_bits

imagecodecs = pytest.importorskip("imagecodecs")
RANDOM = np.random.default_rng(1)
SMOOTH = np.asarray(
    Image.fromarray(RANDOM.uniform(0, 4000, (15, 10)).astype(np.float32)).resize((400, 600), Image.Resampling.BICUBIC)
)
NOISE = RANDOM.normal(0, 1, SMOOTH.shape) * np.linspace(2, 60, SMOOTH.shape[1])  # blocks of very different lengths
GREY = np.clip(SMOOTH + NOISE, 0, 4095).astype(np.uint16)  # of 12 bits
COLOUR = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]])
KINDS = {
    "12 bit": lambda: imagecodecs.jpeg_encode(GREY, level=95, bitspersample=12),
    "12 bit colour": lambda: imagecodecs.jpeg_encode(COLOUR, level=95, bitspersample=12),
    "12 bit by the best quality": lambda: imagecodecs.jpeg_encode(GREY, level=100, bitspersample=12),
    "lossless 8 bit": lambda: imagecodecs.ljpeg_encode((GREY >> 4).astype(np.uint8), bitspersample=8),
    "lossless 12 bit": lambda: imagecodecs.ljpeg_encode(GREY, bitspersample=12),
    "lossless 16 bit": lambda: imagecodecs.ljpeg_encode(GREY * 16, bitspersample=16),
    "lossless colour": lambda: imagecodecs.jpeg_encode((COLOUR >> 4).astype(np.uint8), lossless=True),
    "8 bit": lambda: imagecodecs.jpeg8_encode((GREY >> 4).astype(np.uint8), level=95),
    "8 bit colour": lambda: imagecodecs.jpeg8_encode((COLOUR >> 4).astype(np.uint8), level=95),
}


def with_exif(jpeg: bytes, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    block = exif.tobytes()
    return jpeg[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + jpeg[2:]


@pytest.mark.parametrize("kind", KINDS)
def test_whole_jpeg_passes(kind: str) -> None:
    check_jpeg(KINDS[kind]())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", [1.0, 0.1])
@pytest.mark.parametrize("fraction", [0.3, 0.5, 0.7, 0.9])
def test_jpeg_that_misses_bytes_is_found(kind: str, end: float, fraction: float) -> None:
    data = KINDS[kind]()
    start, stop = int(fraction * len(data)), int((fraction + end) * len(data))
    with pytest.raises(ValueError, match=r"Corrupt JPEG data|Premature end"):
        check_jpeg(data[:start] + data[stop:])


def is_found(data: bytes) -> bool:
    try:
        check_jpeg(data)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_most_holes_are_found(kind: str) -> None:
    """JPEG has no checksum: zeros are a valid code too, and may by chance be as many as are missing."""
    data = KINDS[kind]()
    starts = np.linspace(0.2, 0.9, 40) * len(data)
    holed = [data[:start] + bytes(400) + data[start + 400 :] for start in starts.astype(int)]
    assert sum(map(is_found, holed)) >= 36


@pytest.mark.parametrize("damage", ["cut off", "hole"])
def test_damaged_12_bit_file_is_refused(damage: str) -> None:
    data = KINDS["12 bit"]()
    half = len(data) // 2
    damaged = data[:half] if damage == "cut off" else data[:half] + bytes(100) + data[half + 100 :]
    assert decode_image(data, "a.jpg").mode == "JPEG 12 bit"
    with pytest.raises(UnreadableImageError, match="not a readable image"):
        decode_image(damaged, "a.jpg")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["12 bit", "12 bit colour"])
def test_12_bit_jpeg_is_turned_upright_as_one_of_8_bits(kind: str, orientation: int) -> None:
    deep = decode_image(with_exif(KINDS[kind](), orientation), "a.jpg").pixels
    flat = decode_image(with_exif(KINDS[kind.replace("12", "8")](), orientation), "a.jpg").pixels
    assert deep.shape == flat.shape
    np.testing.assert_allclose(deep / 16, flat, atol=8)


def test_header_of_8_bits_changes_nothing_else() -> None:
    data = KINDS["12 bit"]()
    changed = as_8_bit(data)
    assert (sample_bits(data), sample_bits(changed)) == (12, 8)
    assert sum(a != b for a, b in zip(data, changed, strict=True)) == 1
    with Image.open(io.BytesIO(changed)) as image:
        assert image.size == (400, 600)


@pytest.mark.parametrize("name", ["JPEG-lossy.dcm", "JPGExtended.dcm", "SC_rgb_jpeg_gdcm.dcm", "SC_rgb_jpeg.dcm"])
def test_whole_dicom_jpeg_passes_and_half_of_it_does_not(name: str) -> None:
    pydicom = pytest.importorskip("pydicom")
    from pydicom.data import get_testdata_file
    from pydicom.encaps import get_frame

    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"needs pydicom's {name}")
    frame = get_frame(pydicom.dcmread(Path(path)).PixelData, 0, number_of_frames=1)
    check_jpeg(frame)
    with pytest.raises(ValueError, match=r"Corrupt JPEG data|Premature end"):
        check_jpeg(frame[: len(frame) // 2])
