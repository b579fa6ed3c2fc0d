"""Files are told by their content, whatever their name."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from image_files import make_dicom
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.formats import Format, format_by_suffix, format_of, is_dicom
from radiobundle.images.grayscale import read_grayscale

GREY = np.random.default_rng(0).integers(0, 256, (40, 50)).astype(np.uint8)


def encode(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(GREY).save(file, kind)
    return file.getvalue()


def bare_dicom(folder: Path, *, implicit: bool) -> bytes:
    pydicom = pytest.importorskip("pydicom")
    file = io.BytesIO()
    bare = pydicom.Dataset(pydicom.dcmread(make_dicom(folder / "whole.dcm")))
    pydicom.dcmwrite(file, bare, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP", "JPEG2000", "PPM"])
@pytest.mark.parametrize("name", ["a", "a.txt", "a.dcm", "a.nii", "a.png"])
def test_still_image_is_told_by_its_content(kind: str, name: str, tmp_path: Path) -> None:
    data = encode(kind)
    assert format_of(data[:512], name) is Format.STILL
    (tmp_path / name).write_bytes(data)
    assert read_grayscale(tmp_path / name).shape == GREY.shape


@pytest.mark.parametrize("name", ["a", "a.png", "a.IMA", "a.dc3", "a.acr", "a.img", "1.2.840.5"])
@pytest.mark.parametrize("form", ["whole", "no preamble", "bare implicit", "bare explicit"])
def test_dicom_is_told_by_its_content(form: str, name: str, tmp_path: Path) -> None:
    whole = make_dicom(tmp_path / "whole.dcm").read_bytes()
    forms = {
        "whole": lambda: whole,
        "no preamble": lambda: whole[128:],
        "bare implicit": lambda: bare_dicom(tmp_path, implicit=True),
        "bare explicit": lambda: bare_dicom(tmp_path, implicit=False),
    }
    path = tmp_path / name
    path.write_bytes(forms[form]())
    assert is_dicom(path)
    np.testing.assert_array_equal(read_grayscale(path), read_grayscale(tmp_path / "whole.dcm"))


@pytest.mark.parametrize(
    "head",
    [b"", b"hello", b"P1 patient", b"BM is no bitmap, but text", b"\x08\0\x05\0garbage that is no DICOM", bytes(600),
     b"\0\x05\x16\x07" + bytes(80), b"\x50\x4b\x03\x04" + bytes(100), bytes(range(256)) * 2],
)  # fmt: skip
def test_what_is_no_image_is_none(head: bytes) -> None:
    assert format_of(head, "notes") is None


def test_suffix_counts_only_where_bytes_tell_nothing() -> None:
    assert format_of(b"damaged", "a.png") is Format.STILL and format_of(b"", "A.DCM") is Format.DICOM
    assert format_by_suffix("._a.png") is None and format_by_suffix("DICOMDIR") is None
    assert format_of(b"", "a.nii.gz") is Format.NIFTI


def test_index_of_a_medium_is_named_for_what_it_is(tmp_path: Path) -> None:
    data = make_dicom(tmp_path / "whole.dcm").read_bytes()
    (tmp_path / "DICOMDIR").write_bytes(data)
    with pytest.raises(UnreadableImageError, match="is a DICOMDIR"):
        read_grayscale(tmp_path / "DICOMDIR")


def test_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(UnreadableImageError, match="not a file"):
        read_grayscale(tmp_path / "a.png")
