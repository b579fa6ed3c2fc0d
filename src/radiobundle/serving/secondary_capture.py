"""A figure made from an image as DICOM Secondary Capture in the image's study. Needs highdicom."""

from __future__ import annotations

import highdicom as hd
import numpy as np
from pydicom import Dataset
from pydicom.uid import RLELossless

from radiobundle.models.model import Model
from radiobundle.serving.dicom_codes import legal_text
from radiobundle.serving.structured_report import MANUFACTURER

SERIES_NUMBER = 9101


def build_capture(source: Dataset, figure: np.ndarray, *, model: Model) -> Dataset:
    """Return a Secondary Capture of a figure that references the image it was made from.

    Args:
        source: header of the image, see `legal_source`.
        figure: uint8 (height, width, 3).
        model: the model that it shows.

    Raises:
        AttributeError, ValueError: as `build_report`.
    """
    capture = hd.sc.SCImage.from_ref_dataset(
        ref_dataset=source,
        pixel_array=figure,
        photometric_interpretation=hd.PhotometricInterpretationValues.RGB,
        bits_allocated=8,
        coordinate_system=hd.CoordinateSystemNames.PATIENT,
        patient_orientation=("L", "F"),
        series_instance_uid=hd.UID(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        transfer_syntax_uid=RLELossless,
        series_description=legal_text(f"Research only: {model.name}"),
    )
    capture.SpecificCharacterSet = source.SpecificCharacterSet
    capture.Laterality = source.get("Laterality") or source.get("ImageLaterality") or ""
    capture.PatientOrientation = []  # a page of panels with text has none
    capture.BurnedInAnnotation = "YES"  # labels and probabilities; never less than the image's own
    capture.DerivationDescription = f"Grad-CAM heat of {model.name} {model.version}"[:1024]
    reference = Dataset()
    reference.ReferencedSOPClassUID = source.SOPClassUID
    reference.ReferencedSOPInstanceUID = source.SOPInstanceUID
    capture.SourceImageSequence = [reference]
    return capture
