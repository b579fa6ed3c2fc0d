"""The header of a DICOM image in a form that a report may repeat: valid values, in Unicode."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator

from pydicom import DataElement, Dataset, config
from pydicom.datadict import dictionary_has_tag, dictionary_VM
from pydicom.multival import MultiValue
from pydicom.valuerep import PersonName, validate_value

UNICODE = "ISO_IR 192"  # UTF-8, which holds any label beside any name (PS3.3, C.12.1.1.2)
# These say whose image this is and where it belongs. A report with other values would be misfiled, so it is refused.
IDENTIFIERS = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "PatientID", "PatientName",
    "AccessionNumber",
)  # fmt: skip
_TERMS = {"PatientSex": {"M", "F", "O", ""}}  # of the attributes that are repeated (PS3.3, C.7.1.1)
_UNDECODABLE = "\N{REPLACEMENT CHARACTER}"  # stands in pydicom's text for such bytes
_UID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_TEXT = {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}


def legal_source(header: Dataset) -> tuple[Dataset, list[str]]:
    """Return a copy of an image's header with valid Unicode text, and the keywords that had to be emptied.

    Raises:
        ValueError: an identifier is missing or illegal; the message names it and its value.
    """
    source = copy.deepcopy(header)
    source.decode()
    emptied = []
    for element in list(source):
        problem = "" if element.VR not in _TEXT else next(_problems(element), "")
        if problem and element.keyword in IDENTIFIERS:
            raise ValueError(f"{element.keyword} {element.value!r} is not legal: {problem}")
        if problem:
            emptied.append(element.keyword or str(element.tag))
            element.value = None
        elif element.VR == "PN":
            element.value = _names(element)
    source.SpecificCharacterSet = UNICODE
    return source, emptied


def _problems(element: DataElement) -> Iterator[str]:
    """Yield what is wrong with the values of one text element."""
    values = list(element.value) if isinstance(element.value, MultiValue) else [element.value]
    if len(values) > 1 and dictionary_has_tag(element.tag) and dictionary_VM(element.tag) == "1":
        yield f"has {len(values)} values, but only one is allowed"
    for value in values:
        if value in (None, ""):
            continue
        if _UNDECODABLE in str(value):
            yield "it holds bytes that are not valid in the file's character set"
            continue
        try:
            validate_value(element.VR, str(value), config.RAISE)
        except ValueError as error:
            yield str(error).split(" Please see", maxsplit=1)[0]
            continue
        if element.VR == "PN" and (str(value).count("=") > 2 or any(n.count("^") > 4 for n in str(value).split("="))):
            yield "a name has at most 3 groups of 5 components"
        if element.VR == "UI" and not _is_uid(str(value)):
            yield "not a valid UID"
        if str(value) not in _TERMS.get(element.keyword, {str(value)}):
            yield f"must be one of {', '.join(sorted(_TERMS[element.keyword] - {''}))}"


def _is_uid(value: str) -> bool:
    """Whether a UID follows PS3.5, section 9: at most 64 characters, no leading zeros, below a known root."""
    if len(value) > 64 or not _UID.fullmatch(value):
        return False
    root, second, *_ = value.split(".")
    return root == "2" or int(second) < 40


def _names(element: DataElement) -> PersonName | list[PersonName] | None:
    """Return person names in Unicode instead of the file's character set."""
    if isinstance(element.value, MultiValue):
        return [PersonName(str(name)) for name in element.value]
    return None if element.value is None else PersonName(str(element.value))
