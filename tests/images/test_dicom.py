"""DICOM images give the pixels that a viewer would show, or a reason."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from image_files import STORED, make_dicom
from radiobundle.images.dicom import burned_in_annotation
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.grayscale import read_grayscale
from radiobundle.images.reader import RadiographReader

pydicom = pytest.importorskip("pydicom")


def windowed(center: float, width: float) -> np.ndarray:
    """PS3.3 C.11.2.1.2.1, LINEAR, as fractions."""
    return np.clip((STORED - (center - 0.5)) / (width - 1) + 0.5, 0, 1)


def test_window_becomes_the_whole_range(tmp_path: Path) -> None:
    path = make_dicom(tmp_path / "a.dcm", WindowCenter=400, WindowWidth=300)
    np.testing.assert_array_equal(read_grayscale(path), np.rint(255 * windowed(400, 300)))


def test_first_of_several_windows_counts(tmp_path: Path) -> None:
    path = make_dicom(tmp_path / "a.dcm", WindowCenter=[400, 900], WindowWidth=[300, 50])
    np.testing.assert_array_equal(read_grayscale(path), np.rint(255 * windowed(400, 300)))


def test_image_without_a_window_is_scaled_as_a_16_bit_png(tmp_path: Path) -> None:
    Image.fromarray(STORED).save(tmp_path / "a.png")
    read = RadiographReader((40, 30))
    np.testing.assert_array_equal(read(make_dicom(tmp_path / "a.dcm")), read(tmp_path / "a.png"))


@pytest.mark.parametrize(
    ("tags", "inverted"),
    [
        ({"PhotometricInterpretation": "MONOCHROME1"}, True),
        ({"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"}, True),
        ({"PhotometricInterpretation": "MONOCHROME2", "PresentationLUTShape": "IDENTITY"}, False),
        ({}, False),
    ],
)
def test_image_is_inverted_once_where_it_should_be(tmp_path: Path, tags: dict[str, Any], inverted: bool) -> None:
    plain = read_grayscale(make_dicom(tmp_path / "plain.dcm", WindowCenter=512, WindowWidth=1024))
    found = read_grayscale(make_dicom(tmp_path / "a.dcm", WindowCenter=512, WindowWidth=1024, **tags))
    np.testing.assert_allclose(found, 255 - plain.astype(int) if inverted else plain, atol=1)


def test_rescale_comes_before_the_window(tmp_path: Path) -> None:
    moved = make_dicom(tmp_path / "a.dcm", RescaleSlope=2, RescaleIntercept=-100, WindowCenter=700, WindowWidth=600)
    expected = np.clip((STORED * 2.0 - 100 - 699.5) / 599 + 0.5, 0, 1)
    np.testing.assert_allclose(read_grayscale(moved), np.rint(255 * expected), atol=1)


def test_voi_table_wins_over_the_window(tmp_path: Path) -> None:
    table = pydicom.Dataset()
    table.LUTDescriptor = [1024, 0, 12]
    table.LUTData = (4095 * (np.arange(1024) / 1023) ** 2).astype(np.uint16).tolist()
    table["LUTData"].VR = "US"
    path = make_dicom(tmp_path / "a.dcm", VOILUTSequence=[table], WindowCenter=1, WindowWidth=2)
    np.testing.assert_allclose(read_grayscale(path), 255 * (STORED / 1023) ** 2, atol=1)


def test_file_without_a_preamble_is_read(tmp_path: Path) -> None:
    path = make_dicom(tmp_path / "a.dcm")
    image = pydicom.dcmread(path)
    bare = io.BytesIO()
    pydicom.dcmwrite(bare, pydicom.Dataset(image), implicit_vr=True, little_endian=True, enforce_file_format=False)
    (tmp_path / "bare.dcm").write_bytes(bare.getvalue())
    assert bare.getvalue()[128:132] != b"DICM"
    np.testing.assert_array_equal(read_grayscale(tmp_path / "bare.dcm"), read_grayscale(path))


def test_pixels_become_square(tmp_path: Path) -> None:
    assert read_grayscale(make_dicom(tmp_path / "a.dcm", PixelAspectRatio=[2, 1])).shape == (80, 30)


def test_colour_is_converted_by_luminance(tmp_path: Path) -> None:
    colour = np.random.default_rng(1).integers(0, 256, (12, 10, 3)).astype(np.uint8)
    path = make_dicom(
        tmp_path / "a.dcm", colour, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0,
        BitsAllocated=8, BitsStored=8, HighBit=7,
    )  # fmt: skip
    np.testing.assert_array_equal(read_grayscale(path), np.asarray(Image.fromarray(colour).convert("L")))


@pytest.mark.parametrize(
    ("tags", "match"),
    [
        ({"NumberOfFrames": 3}, "3 frames"),
        ({"Rows": 60_000, "Columns": 60_000}, "60000x60000 pixels are more than any radiograph"),
        ({"PixelData": None}, "not a readable|no pixels"),
    ],
)
def test_what_is_no_single_image_is_refused_with_a_reason(tmp_path: Path, tags: dict[str, Any], match: str) -> None:
    with pytest.raises(UnreadableImageError, match=match):
        read_grayscale(make_dicom(tmp_path / "a.dcm", **tags))


def test_report_is_named_for_what_it_is(tmp_path: Path) -> None:
    image = pydicom.dcmread(make_dicom(tmp_path / "a.dcm"))
    for name in ("Rows", "Columns", "PixelData"):
        delattr(image, name)
    image.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    image.save_as(tmp_path / "report.dcm")
    with pytest.raises(UnreadableImageError, match="holds a Basic Text SR"):
        read_grayscale(tmp_path / "report.dcm")


def test_other_files_by_that_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(b"hello" * 100)
    with pytest.raises(UnreadableImageError, match=r"a\.dcm"):
        read_grayscale(tmp_path / "a.dcm")


def test_truncated_image_is_refused(tmp_path: Path) -> None:
    path = make_dicom(tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(UnreadableImageError, match="not a readable DICOM image"):
        read_grayscale(path)


@pytest.mark.parametrize("flag", ["YES", "NO", ""])
def test_what_an_image_says_of_burnt_in_text_is_reported(flag: str, tmp_path: Path) -> None:
    tags = {"BurnedInAnnotation": flag} if flag else {}
    assert burned_in_annotation(make_dicom(tmp_path / "a.dcm", **tags)) == flag


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["CR-ModalitySequenceLUT", "RG3_J2KR", "highdicom_dx_image"])
def test_real_images_are_dark_outside_and_bright_on_bone(real_data_dir: Path, name: str) -> None:
    image = read_grayscale(real_data_dir / "dicom" / f"{name}.dcm")
    assert image.dtype == np.uint8 and np.ptp(image) > 150
