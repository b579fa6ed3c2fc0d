"""The stored values of a DICOM image: exactly the bits that its header declares as pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom import uid
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import get_frame

from radiobundle.extras import how_to_install
from radiobundle.images.errors import UnreadableImageError, plain_reason
from radiobundle.images.jpeg import UNCHECKED, can_check_jpeg, check_jpeg, read_frame_header, sample_bits

_LOSSY_JPEG = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)
_LOSSLESS_JPEG = (uid.JPEGLossless, uid.JPEGLosslessSV1)


def decode_pixels(dataset: Any, name: str, remarks: list[str]) -> np.ndarray:
    """Return the stored values (height, width) or, for several samples, (height, width, samples).

    If pixels are uncompressed, or compressed by RLE, only the Bits Stored below High Bit count (PS3.5, 8.1.1); the
    other bits (old overlays, garbage) are dropped. What could not be checked is added to `remarks`.

    Raises:
        UnreadableImageError: no decoder for the transfer syntax is installed; the message names the packages.
        ValueError: a JPEG in which pixels had to be guessed.
    """
    if "TransferSyntaxUID" not in getattr(dataset, "file_meta", {}):  # what a file without a header usually is
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = uid.ImplicitVRLittleEndian
    syntax = dataset.file_meta.TransferSyntaxUID
    if "PhotometricInterpretation" not in dataset and int(dataset.get("SamplesPerPixel") or 1) == 1:
        dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PhotometricInterpretation = str(dataset.PhotometricInterpretation).strip().upper()
    if not dataset.get("SamplesPerPixel"):
        dataset.SamplesPerPixel = 1
    if syntax in (*_LOSSY_JPEG, *_LOSSLESS_JPEG):
        frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
        _check_agrees(frame, dataset)
        if can_check_jpeg():
            check_jpeg(frame)
        else:
            remarks.append(UNCHECKED)
        if syntax in _LOSSY_JPEG and (bits := sample_bits(frame)) != 8:
            return _decode_deep_jpeg(frame, name, bits)
    keeps_all_bits = not syntax.is_compressed or syntax == uid.RLELossless or syntax.is_deflated
    if keeps_all_bits and "PixelData" in dataset and int(dataset.BitsAllocated) > 1:
        dataset.pixel_array_options(correct_unused_bits=False)
        return _take_bits(_pixel_array(dataset, name), dataset)
    return _pixel_array(dataset, name)


def _check_agrees(jpeg: bytes, dataset: Any) -> None:
    """Compare what JPEG and data set say about its format; if they differ, some decoders write beyond their memory.

    Raises:
        ValueError: they differ.
    """
    found = read_frame_header(jpeg)
    said = int(dataset.Rows), int(dataset.Columns), int(dataset.SamplesPerPixel)
    if found is None or not 2 <= found.bits <= int(dataset.BitsAllocated) or found[1:] != said:
        raise ValueError(f"the JPEG in it has another format ({found}) than its header says; fetch it again")


def _pixel_array(dataset: Any, name: str) -> np.ndarray:
    try:
        return np.asarray(dataset.pixel_array)
    except (RuntimeError, NotImplementedError) as error:
        if not any(word in str(error) for word in ("decompress", "decode", "ransfer syntax")):
            raise
        syntax, reason = dataset.file_meta.TransferSyntaxUID.name, plain_reason(error)
        raise UnreadableImageError(
            f"{name}: its pixels ({syntax}) cannot be decoded; for decoders use {how_to_install('dicom')}: {reason}"
        ) from error


def _decode_deep_jpeg(frame: bytes, name: str, bits: int) -> np.ndarray:
    try:
        import imagecodecs  # noqa: PLC0415 - pydicom's own decoders leave 12 bits to a package that is not maintained
    except ImportError as error:
        raise UnreadableImageError(
            f"{name}: its pixels (JPEG Extended, {bits} bit) need imagecodecs, installed with {how_to_install('dicom')}"
        ) from error
    return np.asarray(imagecodecs.jpeg_decode(frame))


def _take_bits(pixels: np.ndarray, dataset: Any) -> np.ndarray:
    """Return the stored bits right-aligned, with their sign."""
    if pixels.dtype.kind not in "iu":
        return pixels
    allocated, stored = 8 * pixels.itemsize, int(dataset.BitsStored)
    high_bit = dataset.get("HighBit")
    lowest = max(0, (stored - 1 if high_bit is None or high_bit == "" else int(high_bit)) - stored + 1)
    if stored == allocated or lowest + stored > allocated:
        return pixels
    left = allocated - stored - lowest
    return np.right_shift(np.left_shift(pixels, left), left + lowest)  # a signed type shifts its sign in
