"""Read one DICOM radiograph as the 8-bit grey image that a viewer would show (bones bright). Needs pydicom."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pydicom
from PIL import Image

from radiobundle.images.dicom_aspect import SPACINGS, spacing_of, with_square_pixels
from radiobundle.images.dicom_colour import is_colour, to_grey
from radiobundle.images.dicom_display import monochrome_levels, show_monochrome
from radiobundle.images.dicom_pixels import decode_pixels
from radiobundle.images.errors import UnreadableImageError, plain_reason, plain_text
from radiobundle.images.opened import OpenedImage, check_size


def open_dicom(data: bytes, name: str, *, keep_bits: bool = False) -> OpenedImage:
    """Decode the bytes of DICOM file `name` to mode L with square pixels; to I;16 and its window with `keep_bits`.

    In the standard's order: modality LUT or rescale, VOI LUT or the first window, inversion. The range that the VOI
    transformation can give becomes 0..255; a file without one is scaled from its own range, as a 16-bit PNG is. Colours
    are converted by luminance.

    Raises:
        UnreadableImageError: not DICOM, not a single image, too large, or its transfer syntax needs a decoder that is
            not installed; the message names it.
        Exception: of any type, by pydicom: damaged.
    """
    dataset = pydicom.dcmread(io.BytesIO(_with_preamble(data)), force=True)
    _check_is_one_image(dataset, name)
    remarks: list[str] = []
    pixels = decode_pixels(dataset, name, remarks)
    window = None
    if is_colour(dataset):
        shown = to_grey(pixels, dataset)
    elif keep_bits:
        shown, window = monochrome_levels(pixels, dataset, remarks)
    else:
        shown = show_monochrome(pixels, dataset, remarks)
    image = with_square_pixels(Image.fromarray(shown), dataset, remarks)
    mode = f"DICOM {dataset.PhotometricInterpretation} {int(dataset.get('BitsStored') or 8 * pixels.itemsize)} bit"
    size_px = int(dataset.Columns), int(dataset.Rows)
    return OpenedImage(image, mode, size_px, tuple(remarks), image.size, window)


def read_header(path: str | Path) -> Any:
    """Return the data set of a DICOM file without its pixels.

    Raises:
        UnreadableImageError: not a DICOM file.
    """
    try:
        return _read_header(path)
    except Exception as error:  # see `open_dicom`
        reason = plain_reason(error)
        raise UnreadableImageError(f"{path}: not a readable DICOM file ({type(error).__name__}: {reason})") from error


def burned_in_annotation(path: str | Path) -> str:
    """Return what a DICOM file says about text burnt into its pixels: YES, NO, or nothing.

    Such text may name the patient, and networks learn from it.
    """
    dataset = _read_header(path, specific_tags=["BurnedInAnnotation"])
    return str(dataset.get("BurnedInAnnotation") or "").strip().upper()


def pixel_spacing(path: str | Path) -> tuple[float, float] | None:
    """Return the spacing of (rows, columns) in mm: of the patient where it was calibrated, else of the detector.

    None if the file gives no usable spacing. At the detector a radiograph is magnified, by about a tenth.
    """
    return spacing_of(_read_header(path, specific_tags=list(SPACINGS)))


def _read_header(path: str | Path, **options: Any) -> Any:
    with Path(path).open("rb") as file:
        lacks_preamble = file.read(4) == b"DICM"
    source = io.BytesIO(_with_preamble(Path(path).read_bytes())) if lacks_preamble else path
    return pydicom.dcmread(source, stop_before_pixels=True, force=True, **options)


def _with_preamble(data: bytes) -> bytes:
    return b"\0" * 128 + data if data[:4] == b"DICM" else data


def _check_is_one_image(dataset: Any, name: str) -> None:
    has_size = "Rows" in dataset and "Columns" in dataset
    if "SOPClassUID" not in dataset and not (has_size and "RecognitionCode" in dataset):  # ACR-NEMA had no classes
        raise UnreadableImageError(f"{name}: not a DICOM file (it has no SOP class)")
    if not has_size:
        kind = plain_text(str(getattr(dataset.SOPClassUID, "name", dataset.SOPClassUID)))
        raise UnreadableImageError(f"{name}: holds a {kind}, not an image")
    if (frames := int(dataset.get("NumberOfFrames") or 1)) > 1:
        raise UnreadableImageError(f"{name}: holds {frames} frames; an image has one frame")
    check_size(int(dataset.Rows), int(dataset.Columns))
    if not any(key in dataset for key in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise UnreadableImageError(f"{name}: the header announces an image, but there are no pixels; fetch it again")
