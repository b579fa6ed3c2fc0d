"""DICOM grey levels against pydicom's own functions and DCMTK's dcm2pnm (where it is installed)."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from image_files import STORED, decode_image, make_dicom
from radiobundle.images.errors import UnreadableImageError

pydicom = pytest.importorskip("pydicom")
COLOUR = np.random.default_rng(1).integers(0, 256, (40, 30, 3)).astype(np.uint8)
RGB: dict[str, Any] = {
    "SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0,
    "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7,
}  # fmt: skip
WINDOW = {"WindowCenter": 400, "WindowWidth": 300}
PALETTE = np.random.default_rng(2).integers(0, 65536, (256, 3)).astype(np.uint16)


def read(path: Path) -> np.ndarray:
    return decode_image(path.read_bytes(), str(path)).pixels


def stored(**tags: Any) -> tuple[np.ndarray, dict[str, Any]]:
    return STORED, tags


def palette(
    bits: int, *, first: int = 0, entries: int = 256, said: int | None = None, both_bytes: bool = False
) -> tuple[np.ndarray, dict[str, Any]]:
    tags: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR", "BitsAllocated": 8, "BitsStored": 8}
    for index, colour in enumerate(("Red", "Green", "Blue")):
        data = (PALETTE[:entries, index] >> (16 - bits)).astype(np.uint8 if bits == 8 else np.uint16)
        data = (data >> 8) * 257 if both_bytes else data
        tags[f"{colour}PaletteColorLookupTableDescriptor"] = [entries, first, said or bits]
        tags[f"{colour}PaletteColorLookupTableData"] = data.tobytes()
    return (STORED >> 2).astype(np.uint8), {**tags, "HighBit": 7}


def rgb_in_words(bits: int) -> dict[str, Any]:
    return RGB | {"BitsAllocated": 16, "BitsStored": bits, "HighBit": bits - 1}


def table(bits: int, peak: int) -> Any:
    item = pydicom.Dataset()
    item.LUTDescriptor = [1024, 0, bits]
    item.LUTData = (peak * (np.arange(1024) / 1023) ** 2).astype(np.uint16).tolist()
    item["LUTData"].VR = "US"
    return item


NO_WINDOW, FIRST_WINDOW = ("+Wm",), ("+Wi", "1")
CASES: dict[str, tuple[tuple[np.ndarray, dict[str, Any]], tuple[str, ...]]] = {
    "plain": (stored(), NO_WINDOW),
    "window": (stored(**WINDOW), FIRST_WINDOW),
    "several windows": (stored(WindowCenter=[400, 900], WindowWidth=[300, 50]), FIRST_WINDOW),
    "window of width 1": (stored(WindowCenter=400, WindowWidth=1), FIRST_WINDOW),
    "window of width 0": (stored(WindowCenter=400, WindowWidth=0), FIRST_WINDOW),
    "window of width 0.5": (stored(WindowCenter=400, WindowWidth="0.5"), FIRST_WINDOW),
    "window of negative width": (stored(WindowCenter=400, WindowWidth=-300), FIRST_WINDOW),
    "no function": (stored(**WINDOW, VOILUTFunction=""), FIRST_WINDOW),
    "unknown function": (stored(**WINDOW, VOILUTFunction="FOO"), FIRST_WINDOW),
    "sigmoid": (stored(**WINDOW, VOILUTFunction="SIGMOID"), FIRST_WINDOW),
    "high bit 15": (((STORED << 4).astype(np.uint16), {"BitsStored": 12, "HighBit": 15}), NO_WINDOW),
    "high bit 13": (((STORED << 4).astype(np.uint16), {"BitsStored": 10, "HighBit": 13}), NO_WINDOW),
    "garbage above": ((STORED | 0xA000, {"BitsStored": 12, "HighBit": 11}), NO_WINDOW),
    "garbage below": (((STORED << 4 | 5).astype(np.uint16), {"BitsStored": 12, "HighBit": 15}), NO_WINDOW),
    "signed of 12 bits": (
        (((STORED.astype(int) - 512) & 0xFFF).astype(np.uint16),
         {"BitsStored": 12, "HighBit": 11, "PixelRepresentation": 1}), NO_WINDOW,
    ),
    "slope below zero": (stored(RescaleSlope=-1, RescaleIntercept=1023), NO_WINDOW),
    "empty slope": (stored(**WINDOW, RescaleSlope=None, RescaleIntercept=-100), FIRST_WINDOW),
    "no intercept": (stored(**WINDOW, RescaleSlope=2), FIRST_WINDOW),
    "aspect of one value": (stored(PixelAspectRatio="01"), NO_WINDOW),
    "table of 12 bits": (stored(VOILUTSequence=[table(12, 4095)]), ("+Wl", "1")),
    "table of 12 bits said to be 16": (stored(VOILUTSequence=[table(16, 4095)]), ("+Mv", "+Wl", "1")),
    "table of 10 bits said to be 16": (stored(VOILUTSequence=[table(16, 1000)]), ("+Mv", "+Wl", "1")),
    "table of 16 bits": (stored(VOILUTSequence=[table(16, 65535)]), ("+Wl", "1")),
    "RGB": ((COLOUR, RGB), ()),
    "RGB by planes": (
        (np.ascontiguousarray(np.moveaxis(COLOUR, -1, 0)), RGB | {"PlanarConfiguration": 1, "Rows": 40, "Columns": 30}),
        (),
    ),
    "RGB of 16 bits": ((COLOUR.astype(np.uint16) * 257, rgb_in_words(16)), ()),
    "RGB of 12 bits": ((COLOUR.astype(np.uint16) * 16, rgb_in_words(12)), ()),
    "YBR_FULL": ((COLOUR, {**RGB, "PhotometricInterpretation": "YBR_FULL"}), ()),
    "palette of 16 bits": (palette(16), ()),
    "palette of 8 bits": (palette(8), ()),
    "palette of 12 bits": (palette(12), ()),
    "palette of 10 bits": (palette(10), ()),
    "palette of 8 bits in both bytes of words": (palette(16, said=8, both_bytes=True), ()),
    "palette that begins at 20": (palette(16, first=20, entries=200), ()),
    **{
        f"{interpretation} {shape or 'without a shape'}": (
            stored(PhotometricInterpretation=interpretation, PresentationLUTShape=shape), NO_WINDOW
        )
        for interpretation in ("MONOCHROME1", "MONOCHROME2")
        for shape in ("IDENTITY", "INVERSE", "identity", "inverse", "LINEAR", "LIN OD", "")
    },
}  # fmt: skip


@pytest.mark.skipif(shutil.which("dcm2pnm") is None, reason="needs DCMTK (Debian package dcmtk)")
@pytest.mark.parametrize("case", CASES)
def test_grey_levels_are_those_of_dcmtk(case: str, tmp_path: Path) -> None:
    (pixels, tags), options = CASES[case]
    path = make_dicom(tmp_path / "a.dcm", pixels, **tags)
    subprocess.run(["dcm2pnm", *options, path, tmp_path / "a.pnm"], check=True, capture_output=True)
    with Image.open(tmp_path / "a.pnm") as image:
        expected = np.asarray(image.convert("L"))
    np.testing.assert_allclose(read(path).astype(int), expected.astype(int), atol=1)


@settings(max_examples=40, deadline=None)
@given(
    bits=st.integers(4, 16), lowest=st.integers(0, 12), signed=st.booleans(), garbage=st.integers(0, 2**16 - 1),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_only_stored_bits_count(bits: int, lowest: int, signed: bool, garbage: int, seed: int) -> None:
    lowest = min(lowest, 16 - bits)
    random = np.random.default_rng(seed)
    low = -(2 ** (bits - 1)) if signed else 0
    values = random.integers(low, low + 2**bits, (8, 9))
    values.flat[:2] = low, low + 2**bits - 1
    mask = (2**bits - 1) << lowest
    words = (((values << lowest) & mask) | (garbage & ~mask & 0xFFFF)).astype(np.uint16)
    file = io.BytesIO()
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        tags = {"BitsStored": bits, "HighBit": lowest + bits - 1, "PixelRepresentation": int(signed)}
        file.write(make_dicom(Path(folder) / "a.dcm", words, **tags).read_bytes())
    expected = np.rint(255 * (values - low) / (2**bits - 1))
    np.testing.assert_array_equal(decode_image(file.getvalue(), "a.dcm").pixels, expected)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(400, 300), (512, 1024), (10.5, 2.5), (1023, 400)])
def test_windows_are_those_of_pydicom(function: str, center: float, width: float, tmp_path: Path) -> None:
    from pydicom.pixels import apply_windowing

    path = make_dicom(tmp_path / "a.dcm", WindowCenter=center, WindowWidth=width, VOILUTFunction=function)
    expected = apply_windowing(STORED, pydicom.dcmread(path)) / 1023 * 255
    np.testing.assert_allclose(read(path), expected, atol=0.51)


@pytest.mark.parametrize("bits", [8, 16])
def test_palette_is_that_of_pydicom(bits: int, tmp_path: Path) -> None:
    from pydicom.pixels import apply_color_lut

    pixels, tags = palette(bits)
    colours = apply_color_lut(pixels, pydicom.dcmread(make_dicom(tmp_path / "a.dcm", pixels, **tags)))
    expected = colours / (257 if bits == 16 else 1) @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(read(tmp_path / "a.dcm"), expected, atol=1.01)


@pytest.mark.parametrize("slope", ["1E-9", "0.0001", "-0.0001", "3"])
def test_rescaled_image_without_a_window_has_the_whole_range(slope: str, tmp_path: Path) -> None:
    shown = read(make_dicom(tmp_path / "a.dcm", RescaleSlope=slope, RescaleIntercept=0))
    assert (shown.min(), shown.max()) == (0, 255) and len(np.unique(shown)) > 200


def test_narrow_window_over_small_values_is_believed(tmp_path: Path) -> None:
    tags = {"RescaleSlope": "0.0001", "RescaleIntercept": 0, "WindowCenter": "0.05", "WindowWidth": "0.05"}
    expected = 255 * np.clip((STORED * 1e-4 - 0.05) / 0.05 + 0.5, 0, 1)
    np.testing.assert_allclose(read(make_dicom(tmp_path / "a.dcm", **tags)), expected, atol=0.51)


@pytest.mark.parametrize("interpretation", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("limit", [None, 900])
def test_padding_is_black_and_counts_for_no_range(interpretation: str, limit: int | None, tmp_path: Path) -> None:
    body = np.clip(STORED, 100, 500)
    pixels = body.copy()
    pixels[:5] = 1000
    pixels[5] = 1000 if limit is None else 950
    tags = {"PixelPaddingValue": 1000, **({"PixelPaddingRangeLimit": limit} if limit else {})}
    shown = read(make_dicom(tmp_path / "a.dcm", pixels, PhotometricInterpretation=interpretation, **tags))
    expected = 255 * (body[6:] - 100.0) / 400
    assert (shown[:6] == 0).all()
    np.testing.assert_allclose(shown[6:], 255 - expected if interpretation == "MONOCHROME1" else expected, atol=0.51)


@pytest.mark.parametrize(
    "tags",
    [
        {"RescaleSlope": 0, "RescaleIntercept": 5},
        {"WindowCenter": 60000, "WindowWidth": 10},
        {"WindowCenter": -500, "WindowWidth": 10},
        {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 1023},
    ],
)
def test_one_grey_level_is_refused(tags: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match="only one grey level"):
        read(make_dicom(tmp_path / "a.dcm", **tags))


def test_what_was_guessed_is_remarked_on(tmp_path: Path) -> None:
    tags = {"RescaleSlope": None, "RescaleIntercept": 1, "WindowCenter": 400, "WindowWidth": 0, "VOILUTFunction": "FOO"}
    path = make_dicom(tmp_path / "a.dcm", np.tile(STORED, (2, 2)), **tags)
    remarks = " ".join(decode_image(path.read_bytes(), "a").remarks)
    assert all(word in remarks for word in ("rescale slope", "window of width 0", "function FOO"))


@pytest.mark.parametrize("bits", [10, 12])
def test_palette_of_fewer_bits_than_said_has_all_its_levels(bits: int, tmp_path: Path) -> None:
    said_16, said_right = (
        read(make_dicom(tmp_path / "a.dcm", pixels, **tags))
        for pixels, tags in (palette(bits, said=16), palette(bits, said=bits))
    )
    np.testing.assert_array_equal(said_16, said_right)
    assert len(np.unique(said_16)) > 100


@pytest.mark.parametrize(
    ("windows", "remark"),
    [
        ({"WindowCenter": "400", "WindowWidth": "1e400"}, "window of center 400 and width inf is not finite"),
        ({"WindowCenter": "nan", "WindowWidth": "300"}, "window of center nan and width 300 is not finite"),
        ({"WindowCenter": "400"}, "only one of its window center and width"),
        ({"WindowWidth": "300"}, "only one of its window center and width"),
        ({"RescaleSlope": "nan", "RescaleIntercept": "0"}, "RescaleSlope nan is not finite"),
    ],
)
def test_numbers_that_cannot_be_used_are_said(windows: dict[str, str], remark: str, tmp_path: Path) -> None:
    with pydicom.config.disable_value_validation():
        path = make_dicom(tmp_path / "a.dcm", np.tile(STORED, (2, 2)), **windows)
        decoded = decode_image(path.read_bytes(), "a")
    np.testing.assert_array_equal(decoded.pixels, read(make_dicom(tmp_path / "b.dcm", np.tile(STORED, (2, 2)))))
    assert any(remark in said for said in decoded.remarks)


def test_unusable_window_is_passed_over_for_the_next_one(tmp_path: Path) -> None:
    with pydicom.config.disable_value_validation():
        odd = read(make_dicom(tmp_path / "a.dcm", WindowCenter=["nan", 400], WindowWidth=[50, 300]))
    np.testing.assert_array_equal(odd, read(make_dicom(tmp_path / "b.dcm", **WINDOW)))


@pytest.mark.parametrize(
    ("signed", "kind", "padding", "stored_padding"),
    [(0, "SS", -4096, 0xF000), (0, "US", 0xF000, 0xF000), (1, "US", 0xF000, -4096), (1, "SS", -4096, -4096)],
)
def test_padding_written_with_either_sign_is_black(
    signed: int, kind: str, padding: int, stored_padding: int, tmp_path: Path
) -> None:
    pixels = STORED.astype(np.int16 if signed else np.uint16)
    pixels[:5] = stored_padding
    tags = {"BitsStored": 16, "HighBit": 15, "PixelRepresentation": signed}
    path = make_dicom(tmp_path / "a.dcm", pixels, **tags)
    dataset = pydicom.dcmread(path)
    dataset.add_new("PixelPaddingValue", kind, padding)
    dataset.save_as(path)
    shown, body = read(path), STORED[5:]
    assert (shown[:5] == 0).all()
    np.testing.assert_allclose(shown[5:], 255 * (body - float(body.min())) / np.ptp(body), atol=0.51)


def test_12_bit_jpeg_is_read_as_by_dcmtk(tmp_path: Path) -> None:
    from pydicom.data import get_testdata_file

    path = get_testdata_file("JPGExtended.dcm", download=False)
    if path is None or shutil.which("dcmj2pnm") is None:
        pytest.skip("needs pydicom's JPGExtended.dcm and DCMTK")
    subprocess.run(["dcmj2pnm", "+Wm", path, tmp_path / "a.pnm"], check=True, capture_output=True)
    with Image.open(tmp_path / "a.pnm") as image:
        np.testing.assert_allclose(read(Path(path)).astype(int), np.asarray(image).astype(int), atol=1)
