"""Small DICOM films."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

STORED = np.random.default_rng(0).integers(0, 1024, (40, 30)).astype(np.uint16)


def make_dicom(path: Path, pixels: np.ndarray = STORED, **tags: Any) -> Path:
    """Write a CR film of 10 stored bits."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ComputedRadiographyImageStorage, "1.2.3"
    film = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    film.SOPClassUID, film.SOPInstanceUID, film.Modality = ComputedRadiographyImageStorage, "1.2.3", "CR"
    film.Rows, film.Columns = pixels.shape[:2]
    film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME2"
    film.BitsAllocated, film.BitsStored, film.HighBit, film.PixelRepresentation = 16, 10, 9, 0
    film.PixelData = pixels.tobytes()
    for name, value in tags.items():
        setattr(film, name, value)
    film.save_as(path)
    return path
