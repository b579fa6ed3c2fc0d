"""A model's predictions for one image as a DICOM Structured Report (PS3.16, TID 1500). Needs highdicom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import highdicom as hd
from highdicom.sr import CodedConcept
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from radiobundle import __version__
from radiobundle.models.model import Model
from radiobundle.serving.dicom_codes import (
    CALIBRATED,
    FRACTION_NEARER,
    THRESHOLD,
    UNUSUAL,
    code_of,
    legal_text,
    scheme_identification,
    to_concept,
)

MANUFACTURER = "radiobundle"
SERIES_NUMBER = 9100
PLAIN_RADIOGRAPHY = {"value": "168537006", "scheme": "SCT", "meaning": "Plain radiography"}


@dataclass(frozen=True)
class ReportedLabel:
    """The prediction for one label.

    Attributes:
        label: its name.
        present: whether it is predicted.
        probability: raw probability.
        calibrated: calibrated probability; None: the model ships no calibration.
        threshold: it is predicted from this probability on; None: the most probable label is predicted.
    """

    label: str
    present: bool
    probability: float
    calibrated: float | None
    threshold: float | None


def build_report(source: Dataset, findings: Sequence[ReportedLabel], *, model: Model, unusual: float | None) -> Dataset:
    """Return a Comprehensive SR that references the image and belongs to its study.

    Each label is a measurement group: the coded finding, Present or Absent, and its probabilities. The report is
    preliminary and unverified.

    Args:
        source: header of the image, see `legal_source`.
        findings: one per label.
        model: the model that made the predictions.
        unusual: fraction of validation images that are more usual than this one, if the model ships it.

    Raises:
        AttributeError, ValueError: the header lacks what a report must repeat, or holds values that DICOM forbids.
    """
    algorithm = hd.sr.AlgorithmIdentification(
        name=legal_text(model.name),
        version=model.version or "unknown",
        parameters=[f"SHA-256 of the weights: {model.sha256}"],
    )
    groups = [_group(source, finding, model, algorithm) for finding in findings]
    if unusual is not None:
        fraction = _number(FRACTION_NEARER, unusual)
        groups.append(
            _measurements(source, UNUSUAL, name="out of distribution", algorithm=algorithm, numbers=[fraction])
        )
    device = hd.sr.DeviceObserverIdentifyingAttributes(
        uid=generate_uid(entropy_srcs=[MANUFACTURER, model.sha256]),
        name=MANUFACTURER,
        manufacturer_name=MANUFACTURER,
        model_name=legal_text(model.name),
        serial_number=__version__,
    )
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(
            observer_device_context=hd.sr.ObserverContext(codes.DCM.Device, device)
        ),
        procedure_reported=to_concept(model.dicom_codes.get("procedure", PLAIN_RADIOGRAPHY)),
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    report = hd.sr.ComprehensiveSR(
        evidence=[source],
        content=content,
        series_instance_uid=hd.UID(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        series_description=legal_text(f"Research only: {model.name}"),
    )
    report.SpecificCharacterSet = source.SpecificCharacterSet
    report.CodingSchemeIdentificationSequence = [scheme_identification()]
    return report


def _group(
    source: Dataset, finding: ReportedLabel, model: Model, algorithm: hd.sr.AlgorithmIdentification
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    numbers = [_number(codes.DCM.Probability, finding.probability)]
    if finding.calibrated is not None:
        numbers.append(_number(CALIBRATED, finding.calibrated))
    if finding.threshold is not None:
        numbers.append(_number(THRESHOLD, finding.threshold))
    concept = code_of(finding.label, labels=model.labels, codes=model.dicom_codes)
    presence = hd.sr.QualitativeEvaluation(concept, codes.SCT.Present if finding.present else codes.SCT.Absent)
    return _measurements(
        source, concept, name=finding.label or "unnamed", algorithm=algorithm, numbers=numbers, evaluations=[presence]
    )


def _measurements(
    source: Dataset,
    concept: CodedConcept,
    *,
    name: str,
    algorithm: hd.sr.AlgorithmIdentification,
    numbers: Sequence[hd.sr.Measurement],
    evaluations: Sequence[hd.sr.QualitativeEvaluation] = (),
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=hd.UID(), identifier=name),
        finding_type=concept,
        algorithm_id=algorithm,
        measurements=list(numbers),
        qualitative_evaluations=list(evaluations),
        source_images=[hd.sr.SourceImageForMeasurementGroup.from_source_image(source)],
    )


def _number(name: CodedConcept, value: float) -> hd.sr.Measurement:
    return hd.sr.Measurement(name, float(value), codes.UCUM.NoUnits)
