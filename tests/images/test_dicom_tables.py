"""Lookup tables of every byte order and packing give what pydicom and DCMTK make of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from image_files import STORED, decode_image, make_dicom

pydicom = pytest.importorskip("pydicom")
RANDOM = np.random.default_rng(3)
CURVE = RANDOM.integers(0, 4096, 1024).astype(np.uint16)
CURVE[:2] = 0, 4095
ORDERS = {"little endian": ("1.2.840.10008.1.2.1", "<u2"), "big endian": ("1.2.840.10008.1.2.2", ">u2")}


def read(path: Path) -> np.ndarray:
    return decode_image(path.read_bytes(), str(path)).pixels


def item(curve: np.ndarray, bits: int, order: str) -> Any:
    """Return an item of a Modality or VOI LUT Sequence with its data in words; bytes are packed, the first one low."""
    words = curve.tobytes() if curve.dtype == np.uint8 else curve.astype("<u2").tobytes()
    found = pydicom.Dataset()
    found.add_new("LUTDescriptor", "US", [len(curve), 0, bits])
    found.add_new("LUTData", "OW", np.frombuffer(words, "<u2").astype(order).tobytes())
    found.ModalityLUTType = "US"
    return found


def write(path: Path, order: str, sequence: str, curve: np.ndarray, bits: int) -> Path:
    syntax, word = ORDERS[order]
    dataset = pydicom.dcmread(make_dicom(path, STORED, **{sequence: [item(curve, bits, word)]}))
    dataset.PixelData = STORED.astype(word).tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(path, dataset, implicit_vr=False, little_endian=word == "<u2")
    return path


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sequence", ["VOILUTSequence", "ModalityLUTSequence"])
def test_tables_in_words_are_those_of_pydicom(sequence: str, order: str, tmp_path: Path) -> None:
    from pydicom.pixels import apply_modality_lut, apply_voi_lut

    is_modality = sequence == "ModalityLUTSequence"
    path = write(tmp_path / "a.dcm", order, sequence, CURVE, 16)
    expected = (apply_modality_lut if is_modality else apply_voi_lut)(STORED, pydicom.dcmread(path))
    np.testing.assert_array_equal(expected, CURVE[STORED])
    low, high = (expected.min(), expected.max()) if is_modality else (0, 4095)
    np.testing.assert_allclose(read(path), (expected - float(low)) / (high - low) * 255, atol=0.51)


@pytest.mark.parametrize("order", ORDERS)
def test_entries_of_8_bits_are_packed_into_words(order: str, tmp_path: Path) -> None:
    curve = (CURVE >> 4).astype(np.uint8)
    np.testing.assert_array_equal(read(write(tmp_path / "a.dcm", order, "VOILUTSequence", curve, 8)), curve[STORED])


PALETTE = {
    f"{colour}PaletteColorLookupTable{name}": value
    for colour in ("Red", "Green", "Blue")
    for name, value in {"Descriptor": [1024, 0, 12], "Data": CURVE.astype("<u2").tobytes()}.items()
} | {"PhotometricInterpretation": "PALETTE COLOR"}
TABLES = {
    "VOI": {"VOILUTSequence": [item(CURVE, 12, "<u2")]},
    "VOI of 8 bits": {"VOILUTSequence": [item((CURVE >> 4).astype(np.uint8), 8, "<u2")]},
    "modality": {"ModalityLUTSequence": [item(CURVE, 12, "<u2")]},
    "palette": PALETTE,
}


@pytest.mark.skipif(shutil.which("dcmconv") is None, reason="needs DCMTK (Debian package dcmtk)")
@pytest.mark.parametrize("table", TABLES)
def test_big_endian_by_dcmtk_is_shown_as_little_endian(table: str, tmp_path: Path) -> None:
    path = make_dicom(tmp_path / "a.dcm", **TABLES[table])
    subprocess.run(["dcmconv", "+tb", path, tmp_path / "b.dcm"], check=True)
    assert pydicom.dcmread(tmp_path / "b.dcm").original_encoding == (False, False)
    np.testing.assert_array_equal(read(tmp_path / "b.dcm"), read(path))
    option = ["+Wl", "1"] if "VOI" in table else ["+Wm"] if table == "modality" else []
    subprocess.run(["dcm2pnm", *option, tmp_path / "b.dcm", tmp_path / "b.pnm"], check=True, capture_output=True)
    with Image.open(tmp_path / "b.pnm") as image:
        np.testing.assert_allclose(read(path).astype(int), np.asarray(image.convert("L")).astype(int), atol=1)
