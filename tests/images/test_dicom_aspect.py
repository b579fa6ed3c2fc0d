"""Pixels of DICOM images become square, unless no pixels have the shape that is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from image_files import STORED, decode_image, make_dicom
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.reader import RadiographReader

pytest.importorskip("pydicom")


def read(path: Path) -> np.ndarray:
    return decode_image(path.read_bytes(), str(path)).pixels


@pytest.mark.parametrize(
    ("tags", "shape"),
    [
        ({"PixelAspectRatio": [1, 2]}, (20, 30)),
        ({"PixelAspectRatio": "01\\02"}, (20, 30)),
        ({"PixelAspectRatio": [0, 0]}, (40, 30)),
        ({"ImagerPixelSpacing": [0.2, 0.1]}, (80, 30)),
        ({"PixelSpacing": [0.1, 0.1]}, (40, 30)),
    ],
)
def test_pixels_become_square(tags: dict[str, Any], shape: tuple[int, int], tmp_path: Path) -> None:
    assert read(make_dicom(tmp_path / "a.dcm", **tags)).shape == shape


@pytest.mark.parametrize(
    "tags",
    [
        {"PixelAspectRatio": [1_000_000_000, 1]},
        {"PixelAspectRatio": [1000, 1]},
        {"PixelAspectRatio": [1, 1000]},
        {"PixelSpacing": [0.1, 5]},
    ],
)
def test_ratio_that_no_pixels_have_is_refused(tags: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match="which no image has"):
        read(make_dicom(tmp_path / "a.dcm", **tags))


def test_ratio_that_would_make_too_many_pixels_is_refused(tmp_path: Path) -> None:
    large = np.tile(STORED, (100, 100))
    with pytest.raises(UnreadableImageError, match="more than any radiograph has"):
        read(make_dicom(tmp_path / "a.dcm", large, PixelAspectRatio=[9, 1]))


@pytest.mark.parametrize(("ratio", "remark"), [([1, 2], "tiny (60x40 px)"), ([6, 1], "very long (60x480 px)")])
def test_remarks_are_on_what_came_out(ratio: list[int], remark: str, tmp_path: Path) -> None:
    pixels = np.tile(STORED, (2, 2))
    path = make_dicom(tmp_path / "a.dcm", pixels, PixelAspectRatio=ratio)
    assert decode_image(path.read_bytes(), "a").size_px == (60, 80)
    remarks = decode_image(path.read_bytes(), "a").remarks
    assert remarks == RadiographReader((20, 20)).decode_with_remarks(path.read_bytes(), "a")[1]
    assert (remark in remarks) == (ratio == [6, 1])
