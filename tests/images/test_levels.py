"""All bits of an image are kept, and in its window it looks as the reader shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from image_files import STORED, make_dicom, save_image
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.grayscale import read_grayscale
from radiobundle.images.levels import GreyLevels, read_levels
from radiobundle.images.reader import RadiographReader

pydicom = pytest.importorskip("pydicom")


def lookup_table(**tags: Any) -> dict[str, Any]:
    item = pydicom.Dataset()
    item.LUTDescriptor = [1024, 0, 12]
    item.LUTData = (4095 * (np.arange(1024) / 1023) ** 2).astype(np.uint16).tolist()
    item["LUTData"].VR = "US"
    return {"VOILUTSequence": pydicom.Sequence([item]), **tags}


CASES: dict[str, dict[str, Any]] = {
    "no window": {},
    "window": {"WindowCenter": 400, "WindowWidth": 300},
    "wide window": {"WindowCenter": 400, "WindowWidth": 5000},
    "narrow window": {"WindowCenter": 400.5, "WindowWidth": 1},
    "exact": {"WindowCenter": 400, "WindowWidth": 300, "VOILUTFunction": "LINEAR_EXACT"},
    "sigmoid": {"WindowCenter": 400, "WindowWidth": 300, "VOILUTFunction": "SIGMOID"},
    "inverted": {"PhotometricInterpretation": "MONOCHROME1", "WindowCenter": 300, "WindowWidth": 400},
    "rescaled": {"RescaleSlope": 2, "RescaleIntercept": -1000, "WindowCenter": 0, "WindowWidth": 500},
    "fractions": {"RescaleSlope": 0.01, "RescaleIntercept": 0.5, "WindowCenter": 4, "WindowWidth": 3},
    "padding": {"PixelPaddingValue": int(STORED[0, 0]), "WindowCenter": 700, "WindowWidth": 300},
    "table": lookup_table(),
    "table inverted": lookup_table(PhotometricInterpretation="MONOCHROME1"),
    "oblong pixels": {"PixelAspectRatio": [2, 1]},
}


@pytest.mark.parametrize("case", CASES)
def test_dicom_keeps_its_bits_and_looks_as_read(tmp_path: Path, case: str) -> None:
    path = make_dicom(tmp_path / "a.dcm", **CASES[case])
    levels, seen = read_levels(path), read_grayscale(path)
    assert levels.pixels.dtype == np.uint16 and seen.dtype == np.uint8 and levels.pixels.shape == seen.shape
    assert np.abs(levels.shown.astype(int) - seen).max() <= 1
    if case != "oblong pixels":  # which are resampled before they are rounded
        assert (levels.shown == seen).mean() > 0.9
    if case not in ("oblong pixels", "table", "table inverted", "sigmoid"):  # which merge grey levels
        assert len(np.unique(levels.pixels)) >= len(np.unique(STORED)) - (case == "padding") > 256


def test_stored_values_differ_as_before(tmp_path: Path) -> None:
    path = make_dicom(tmp_path / "a.dcm", WindowCenter=400, WindowWidth=300)
    levels = read_levels(path)
    np.testing.assert_array_equal(levels.pixels, STORED - STORED.min())
    assert (levels.low, levels.high) == (250 - int(STORED.min()), 549 - int(STORED.min()))


def test_other_formats_keep_what_they_have(tmp_path: Path) -> None:
    deep = read_levels(save_image(tmp_path / "a.png"))
    np.testing.assert_array_equal(deep.pixels, STORED)
    assert (deep.low, deep.high) == (STORED.min(), STORED.max())
    np.testing.assert_array_equal(deep.shown, RadiographReader(STORED.shape)(tmp_path / "a.png")[0])
    colours = np.random.default_rng(0).integers(0, 255, (9, 7, 4), dtype=np.uint8)
    Image.fromarray(colours).save(tmp_path / "b.png")
    flat = read_levels(tmp_path / "b.png")
    assert (flat.low, flat.high) == (0, 255) and flat.shown is flat.pixels
    np.testing.assert_array_equal(flat.pixels, read_grayscale(tmp_path / "b.png"))
    (tmp_path / "c.dcm").write_bytes((tmp_path / "a.png").read_bytes()[:50])
    for name in ("c.dcm", "none.png"):
        with pytest.raises(UnreadableImageError, match=name):
            read_levels(tmp_path / name)


def test_reducing_averages_and_keeps_the_window() -> None:
    pixels = np.repeat(np.repeat(np.array([[1000, 3000], [5000, 7000]], np.uint16), 2, 0), 3, 1)
    reduced = GreyLevels(pixels, 10, 9000).reduced(3)
    assert reduced.pixels.dtype == np.uint16 and reduced.pixels.shape == (2, 3)
    assert (reduced.low, reduced.high) == (10, 9000) and reduced.pixels[0, 0] == 1000 and reduced.pixels[0, 1] == 2000
    whole = GreyLevels(pixels, 0, 1)
    assert whole.reduced(6) is whole
