"""Read one DICOM radiograph as the 8-bit grayscale picture that a viewer would show (bright bones). Needs pydicom."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileMetaDataset
from pydicom.pixels import apply_modality_lut, apply_voi, apply_windowing
from pydicom.uid import ImplicitVRLittleEndian

from radiobundle.extras import how_to_install
from radiobundle.images.errors import UnreadableImageError

MAX_PIXELS = 100_000_000  # a header may promise anything; the largest radiographs have about 20 million


def open_dicom(data: bytes, name: str) -> Image.Image:
    """Decode the bytes of DICOM file `name` to a Pillow image of mode L with square pixels.

    In the standard's order: modality LUT or rescale, VOI LUT or the first window, inversion. The range that the VOI
    transformation can give becomes 0..255; a file without one is scaled from its own range, as a 16-bit PNG is. Films
    are inverted where Presentation LUT Shape says INVERSE or, in its absence, for MONOCHROME1 (never twice). Colour
    pictures are converted by luminance.

    Raises:
        UnreadableImageError: no DICOM, no single picture, too large, or its transfer syntax needs a decoder that is not
            installed; the message names it.
    """
    try:
        dataset = pydicom.dcmread(io.BytesIO(data), force=True)
        _check_is_one_film(dataset, name)
        pixels = _decode(dataset, name)
        picture = _to_colour_free(pixels) if pixels.ndim == 3 else _to_display(pixels, dataset)
        return _with_square_pixels(Image.fromarray(picture), dataset)
    except UnreadableImageError:
        raise
    except Exception as error:  # pydicom raises nearly every type on broken files
        raise UnreadableImageError(f"{name}: not a readable DICOM film ({type(error).__name__}: {error})") from error


def read_header(path: str | Path) -> Any:
    """Return the data set of a DICOM file without its pixels.

    Raises:
        UnreadableImageError: no DICOM file.
    """
    try:
        return pydicom.dcmread(path, stop_before_pixels=True, force=True)
    except Exception as error:  # see `open_dicom`
        raise UnreadableImageError(f"{path}: not a readable DICOM file ({type(error).__name__}: {error})") from error


def burned_in_annotation(path: str | Path) -> str:
    """Return what a DICOM file says of text burnt into its pixels: YES, NO, or nothing.

    Such text may name the patient, and networks learn from it.
    """
    dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=["BurnedInAnnotation"])
    return str(dataset.get("BurnedInAnnotation") or "").strip().upper()


def _check_is_one_film(dataset: Any, name: str) -> None:
    if "SOPClassUID" not in dataset:
        raise UnreadableImageError(f"{name}: no DICOM file (it names no SOP class)")
    if "Rows" not in dataset or "Columns" not in dataset:
        kind = getattr(dataset.SOPClassUID, "name", dataset.SOPClassUID)
        raise UnreadableImageError(f"{name}: holds no picture but a {kind}")
    if (frames := int(dataset.get("NumberOfFrames") or 1)) > 1:
        raise UnreadableImageError(f"{name}: holds {frames} frames; one film is one frame")
    if int(dataset.Rows) * int(dataset.Columns) > MAX_PIXELS:
        raise UnreadableImageError(
            f"{name}: {dataset.Rows}x{dataset.Columns} pixels are more than any radiograph has ({MAX_PIXELS:,} at most)"
        )
    if not any(key in dataset for key in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise UnreadableImageError(f"{name}: the header promises a picture, but there are no pixels; fetch it again")


def _decode(dataset: Any, name: str) -> np.ndarray:
    if "TransferSyntaxUID" not in getattr(dataset, "file_meta", {}):  # what a file without a header usually is
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    try:
        return np.asarray(dataset.pixel_array)
    except RuntimeError as error:
        if "decompress" not in str(error) and "decode" not in str(error):
            raise
        syntax = dataset.file_meta.TransferSyntaxUID.name
        raise UnreadableImageError(
            f"{name}: its pixels ({syntax}) cannot be decoded; decoders are in {how_to_install('dicom')}: {error}"
        ) from error


def _to_display(pixels: np.ndarray, dataset: Any) -> np.ndarray:
    shown = _voi(apply_modality_lut(pixels, dataset), dataset)
    shape = str(dataset.get("PresentationLUTShape") or "").strip().upper()
    if shape == "INVERSE" or (not shape and dataset.PhotometricInterpretation == "MONOCHROME1"):
        shown = 1 - shown
    return np.rint(255 * shown).astype(np.uint8)


def _voi(values: np.ndarray, dataset: Any) -> np.ndarray:
    """Return what the VOI transformation makes of the values, as shares of the range that it can give."""
    if dataset.get("VOILUTSequence"):
        highest = 2 ** int(dataset.VOILUTSequence[0].LUTDescriptor[2]) - 1
        whole = np.rint(values).astype(np.int64)  # a table is looked up by whole numbers
        return np.clip(apply_voi(whole, dataset) / highest, 0, 1)
    if dataset.get("WindowWidth") is not None and dataset.get("WindowCenter") is not None:
        with np.errstate(over="ignore"):
            low, high = apply_windowing(np.array([-1e12, 1e12]), dataset)
            shares: np.ndarray = (apply_windowing(values, dataset) - low) / (high - low)
        return np.clip(shares, 0, 1)
    low, high = float(values.min()), float(values.max())
    return (values - low) / max(high - low, 1.0)


def _to_colour_free(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels.astype(np.uint8)).convert("L"))


def _with_square_pixels(image: Image.Image, dataset: Any) -> Image.Image:
    ratio = dataset.get("PixelAspectRatio")
    if not ratio or ratio[0] == ratio[1]:
        return image
    height = max(1, round(image.height * float(ratio[0]) / float(ratio[1])))
    return image.resize((image.width, height), Image.Resampling.BILINEAR)
