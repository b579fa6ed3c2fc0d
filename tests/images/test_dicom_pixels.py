"""JPEG in DICOM: what others compress is read, what is damaged is not."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from image_files import decode_image, make_dicom
from radiobundle.images.errors import UnreadableImageError

pydicom = pytest.importorskip("pydicom")
pytest.importorskip("gdcm")
RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(0, 65536, (60, 50)).astype(np.uint16)
SMOOTH = (np.add.outer(np.arange(300) * 9, np.arange(200) * 6) + RANDOM.integers(0, 100, (300, 200))).astype(np.uint16)
PIXELS = {8: (NOISE >> 8).astype(np.uint8), 12: NOISE >> 4, 16: NOISE}


def header(bits: int) -> dict[str, int]:
    return {"BitsAllocated": 8 if bits == 8 else 16, "BitsStored": bits, "HighBit": bits - 1}


def compress(path: Path, *options: str) -> bytes:
    if shutil.which("dcmcjpeg") is None:
        pytest.skip("needs DCMTK (Debian package dcmtk)")
    subprocess.run(["dcmcjpeg", *options, path, path.with_suffix(".jpg.dcm")], check=True, capture_output=True)
    return path.with_suffix(".jpg.dcm").read_bytes()


@pytest.mark.parametrize("bits", PIXELS)
@pytest.mark.parametrize("selection", ["+e1", *(f"+sv {value}" for value in range(1, 8))])
def test_lossless_jpeg_is_read(selection: str, bits: int, tmp_path: Path) -> None:
    path = make_dicom(tmp_path / "a.dcm", PIXELS[bits], **header(bits))
    options = [selection] if selection == "+e1" else ["+el", *selection.split()]
    compressed = decode_image(compress(path, *options), "a.dcm")
    np.testing.assert_array_equal(compressed.pixels, decode_image(path.read_bytes(), "a.dcm").pixels)
    assert compressed.remarks == decode_image(path.read_bytes(), "a.dcm").remarks


@pytest.mark.parametrize("option", ["+e1", "+ee", "+eb"])
@pytest.mark.parametrize("damage", ["cut off", "hole"])
@pytest.mark.parametrize("fraction", [0.3, 0.5, 0.8])
def test_damaged_jpeg_is_refused(option: str, damage: str, fraction: float, tmp_path: Path) -> None:
    bits = 8 if option == "+eb" else 12
    path = make_dicom(tmp_path / "a.dcm", SMOOTH if bits == 12 else (SMOOTH >> 4).astype(np.uint8), **header(bits))
    data = compress(path, option)
    begin, end = data.index(b"\xff\xd8\xff"), data.rindex(b"\xff\xd9")
    start = begin + int(fraction * (end - begin))
    stop = end if damage == "cut off" else start + 400
    decode_image(data, "a.dcm")
    with pytest.raises(UnreadableImageError, match="not a readable DICOM image"):
        decode_image(data[:start] + bytes(stop - start) + data[stop:], "a.dcm")


@pytest.mark.parametrize(("offset", "value"), [(4, 154), (4, 1), (5, 1), (7, 2), (9, 3)])
def test_jpeg_of_another_form_than_its_header_says_reaches_no_decoder(offset: int, value: int, tmp_path: Path) -> None:
    """Bits, rows, columns, samples: where they are others, GDCM ends the process."""
    data = bytearray(compress(make_dicom(tmp_path / "a.dcm", PIXELS[12], **header(12)), "+e1"))
    data[data.index(b"\xff\xc3") + offset] = value
    with pytest.raises(UnreadableImageError, match="another format"):
        decode_image(bytes(data), "a.dcm")
