"""Small images in the formats of hospitals and research."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from radiobundle.images.grayscale import open_grayscale
from radiobundle.images.opened import to_8_bit
from radiobundle.images.remarks import remarks_of

STORED = np.random.default_rng(0).integers(0, 1024, (40, 30)).astype(np.uint16)
STUDY = {
    "PatientID": "17", "PatientName": "Doe^Jane", "PatientBirthDate": "", "PatientSex": "F", "StudyID": "1",
    "AccessionNumber": "A1", "StudyDate": "20200101", "StudyTime": "120000", "ReferringPhysicianName": "",
    "StudyInstanceUID": "1.2.3.4", "SeriesInstanceUID": "1.2.3.5",
}  # fmt: skip


class Decoded(NamedTuple):
    """What is shown of a file, and said of it."""

    pixels: np.ndarray
    mode: str
    size_px: tuple[int, int]
    remarks: tuple[str, ...]


def decode_image(data: bytes, name: str) -> Decoded:
    """Decode the bytes of a file."""
    opened = open_grayscale(data, name, min_size_px=None)
    return Decoded(np.asarray(opened.image), opened.mode, opened.size_px, remarks_of(opened, to_8_bit(opened.image)))


def make_dicom(path: Path, pixels: np.ndarray = STORED, **tags: Any) -> Path:
    """Write a CR image of 10 stored bits."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ComputedRadiographyImageStorage, "1.2.3"
    image = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    image.SOPClassUID, image.SOPInstanceUID, image.Modality = ComputedRadiographyImageStorage, "1.2.3", "CR"
    image.Rows, image.Columns = pixels.shape[:2]
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 10, 9, 0
    image.PixelData = pixels.tobytes()
    for name, value in tags.items():
        setattr(image, name, value)
    image.save_as(path)
    return path


def save_image(path: Path, pixels: np.ndarray = STORED) -> Path:
    """Write pixels (rows, columns) of 10 bits, or a stack of them, in the format of the suffix.

    The formats are PNG, DICOM, NIfTI, and those of ITK: NRRD, MetaImage.
    """
    if path.suffix == ".png":
        Image.fromarray(pixels).save(path)
    elif path.suffix == ".dcm":
        make_dicom(path, pixels)
    elif ".nii" in path.suffixes:
        import nibabel

        nibabel.save(nibabel.Nifti1Image(pixels.T.astype(np.int32), np.eye(4)), path)
    else:
        import itk

        itk.imwrite(itk.image_from_array(pixels), str(path))
    return path
