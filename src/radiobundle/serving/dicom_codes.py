"""Codes for a report: those in the bundle's metadata, and a private scheme for what no terminology covers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from highdicom.sr import CodedConcept
from pydicom import Dataset

OUR_SCHEME = "99RADIOBUNDLE"  # the prefix 99 marks private schemes (PS3.16, 8.2)
CALIBRATED = CodedConcept("CALIBRATED", OUR_SCHEME, "Calibrated probability")
THRESHOLD = CodedConcept("THRESHOLD", OUR_SCHEME, "Threshold of the probability")
UNUSUAL = CodedConcept("UNUSUAL", OUR_SCHEME, "Unlike the validation images")
FRACTION_NEARER = CodedConcept("SHARENEARER", OUR_SCHEME, "Fraction of validation images that are more usual")
_OWN = {concept.value for concept in (CALIBRATED, THRESHOLD, UNUSUAL, FRACTION_NEARER)}
_MOST_CODE, _MOST_TEXT = 16, 64  # PS3.3, 8.8


def to_concept(code: Mapping[str, str]) -> CodedConcept:
    """Return the concept of a code in metadata: value, scheme, meaning."""
    return CodedConcept(code["value"], code["scheme"], legal_text(code["meaning"]))


def code_of(label: str, *, labels: Sequence[str], codes: Mapping[str, Any]) -> CodedConcept:
    """Return a label's code from the metadata, else a unique one from the private scheme.

    Args:
        label: a label of the model.
        labels: all labels of the model.
        codes: `dicom_codes` of the bundle's metadata.
    """
    known = codes.get("labels", {}).get(label)
    if known:
        return to_concept(known)
    return CodedConcept(private_code(label, labels), OUR_SCHEME, legal_text(label))


def private_code(label: str, labels: Sequence[str]) -> str:
    """Return a code of at most 16 characters: the label if it fits and is unique, else shortened, with a hash.

    >>> private_code("Nodule", ["Nodule", "Mass"])
    'NODULE'
    >>> private_code("pleural_thickening_left", ["pleural_thickening_left"])
    'PLEURAL_T-7afb1e'
    """
    plain = label.upper()
    fits = re.fullmatch(r"[A-Z0-9 _.-]{1,16}", plain) and plain == plain.strip() and plain not in _OWN
    if fits and sum(other.upper() == plain for other in labels) == 1:
        return plain
    digest = hashlib.sha256(label.encode()).hexdigest()[:6]
    return f"{re.sub(r'[^A-Z0-9_.-]', '', plain)[: _MOST_CODE - 7] or 'LABEL'}-{digest}"


def scheme_identification() -> Dataset:
    """Return the item of the Coding Scheme Identification Sequence that identifies the private scheme."""
    item = Dataset()
    item.CodingSchemeDesignator = OUR_SCHEME
    item.CodingSchemeName = "radiobundle private codes"
    item.CodingSchemeResponsibleOrganization = "radiobundle"
    return item


def legal_text(text: str) -> str:
    """Return a text as a Long String: no backslash (it separates values), no control characters, 64 bytes of UTF-8.

    The standard counts characters, validators count bytes.

    >>> legal_text("a\\\\b"), len(legal_text("細菌性肺炎" * 20).encode()), legal_text("")
    ('a/b', 63, 'unnamed')
    """
    plain = re.sub(r"[\x00-\x1f\x7f]", " ", text.replace("\\", "/")).strip()
    return plain.encode("utf-8", errors="replace")[:_MOST_TEXT].decode("utf-8", errors="ignore").strip() or "unnamed"
